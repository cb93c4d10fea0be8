"""`ramlab workshop export`: the room as a grade book, from the board's file; the board may run or not."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

from containers.errors import UsageError
from ramlab import catalogue
from ramlab.grading import book, pages, sheets
from ramlab.grading.course import Course, said
from ramlab.grading.words import WORKSHOP
from ramlab.workshop import keeping, ledger
from ramlab.workshop.terms import FILE

if TYPE_CHECKING:
    from ramlab.workshop.rooms import Room

TIMES = "times.csv"


class NobodyCame(UsageError):  # noqa: N818 -- said as what it is
    """There is nothing to export."""

    def __init__(self) -> None:
        super().__init__("nobody has been in this workshop yet", hint="export again when a seat has reported")


def export(*, name: str, out: str, course: str) -> int:
    """Write the book of the workshop `name` into `out`; 0. Terms and secret are of `course`, where one is named."""
    from ramlab.workshop import ending, running  # these need what the hub needs

    folder = ending.existing(running.folder_of(name))
    students = write(folder, Path(out), Course.read(Path(course)) if course else None)
    print(
        f"{students} participants. The book: {Path(out) / 'grades.csv'}; when each task was done: {Path(out) / TIMES}"
    )
    print(f"To read in a browser: {Path(out) / 'index.html'}, and for each participant: {Path(out) / 'students'}")
    return 0


def write(folder: Path, out: Path, course: Course | None = None) -> int:
    """Write all formats of the book into `out`, from the workshop's folder; how many participants there are.

    Without a course each lab counts its tasks' points, hints are free, and nothing is signed. Each file is replaced at
    once or not at all. Raises NobodyCame where the room is empty, UsageError where its file cannot be read.
    """
    path = folder / keeping.NAME
    try:
        labs, _ = catalogue.all_labs()  # also those that the terms no longer name: somebody has worked at them
        room = keeping.room_of(json.loads(path.read_text(encoding="utf-8")), {lab.name: lab for lab in labs})
    except FileNotFoundError:
        room = None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="it is left as it is; keep it and ask") from None
    if room is None or not room.seats:
        raise NobodyCame
    course = course or Course(title=title_of(folder))
    whole = book.made(course, ledger.results(room, course))
    sheets.write(out, whole)
    pages.write(out, whole, WORKSHOP)
    sheets.replace(out / TIMES, times(room))
    return len(room.seats)


def title_of(folder: Path) -> str:
    """The workshop's title, as its terms have it."""
    try:
        title = json.loads((folder / FILE).read_text(encoding="utf-8"))["title"]
    except (OSError, ValueError, KeyError, TypeError):
        return folder.name
    return str(title)


def times(room: Room) -> str:
    """A row for each task of each attempt: when it was done, and what it took."""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(
        ["student", "lab", "attempt", "task", "check", "outcome", "begun", "done", "minutes", "wrong states", "hints"]
    )
    for student, seat in sorted(room.seats.items()):
        for name, work in sorted(seat.labs.items()):
            for attempt in work.attempts:
                number = work.number(attempt)
                for task in room.labs[name].tasks:
                    cell = attempt.cells.get(task.check)
                    passed = cell.passed if cell else 0.0
                    table.writerow([
                        sheets.plain(student), name, number, task.number, task.check, cell.outcome if cell else "",
                        said(attempt.begun), said(passed), f"{(passed - attempt.begun) / 60:.1f}" if passed else "",
                        cell.tries if cell else 0, work.hints.get(task.check, 0),
                    ])  # fmt: skip
    return buffer.getvalue()
