"""The room as the grade book has a class: each attempt is a result, and the best one counts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ramlab.grading import book, wrongs
from ramlab.grading.course import Course
from ramlab.grading.store import GRADED, NOT_DONE, NOT_GRADABLE, Result
from ramlab.verdicts import FAILED, PASSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ramlab.catalogue import Lab
    from ramlab.grading.wrongs import Wrong
    from ramlab.workshop.rooms import Attempt, Room, Work


def wrong_now(room: Room) -> list[Wrong]:
    """What is wrong at this moment in the seats' open labs, the commonest first. Not what nobody has touched yet."""
    results = []
    for seat in room.seats.values():
        lab, work = room.labs[seat.lab], seat.work
        if work.now.looked:
            results.append(_result(seat.student, lab, work, work.now, touched=True))
    return wrongs.of_class(book.made(Course(), results), room.labs)


def results(room: Room, course: Course) -> Iterator[Result]:
    """Every attempt at every lab of whom something was looked at, or whose check could not be made."""
    for student, seat in sorted(room.seats.items()):
        for name, work in sorted(seat.labs.items()):
            for attempt in work.attempts:
                if attempt.looked:
                    made = _result(student, room.labs[name], work, attempt)
                    yield made if course.terms(name) else _of_no_course(made)


def name_of(student: str, lab: str, work: Work, attempt: Attempt) -> str:
    """`ada-05_oom-2`: the second machine that ada had in this lab."""
    return f"{student}-{lab}-{work.number(attempt)}"


def _result(student: str, lab: Lab, work: Work, attempt: Attempt, *, touched: bool = False) -> Result:
    """What came of an attempt; with `touched` only of the tasks that something was done about."""
    record = "" if touched else json.dumps(asdict(attempt), sort_keys=True)
    checks: dict[str, dict[str, Any]] = {}
    trouble = ""
    for task in lab.tasks:
        cell = attempt.cells.get(task.check)
        if cell is None or (touched and cell.untouched):
            continue
        if cell.outcome not in (PASSED, FAILED):
            trouble = trouble or cell.trouble
            continue
        checks[task.check] = {
            "outcome": cell.outcome,
            "message": cell.message,
            "hint": "",
            "seconds": round(cell.seconds, 2),
            "points": task.points if cell.outcome == PASSED else 0,
            "of": task.points,
        }
    undone = bool(trouble) and not touched
    return Result(
        file=name_of(student, lab.name, work, attempt),
        digest=hashlib.sha256(record.encode()).hexdigest(),
        # A task that was never looked at is no 0: somebody has to look.
        state=NOT_DONE if undone else GRADED,
        reason=trouble if undone else "",
        student=student,
        lab=lab.name,
        points=sum(its["points"] for its in checks.values()),
        of=lab.points,
        checks=checks,
        hints=dict(work.hints),
        seconds=round(max(0.0, attempt.looked - attempt.begun), 1),
        submitted=attempt.changed or attempt.begun,
    )


def _of_no_course(result: Result) -> Result:
    reason = f"{result.file}: {result.lab} is none of this course's labs"
    return Result(file=result.file, digest=result.digest, state=NOT_GRADABLE, reason=reason)
