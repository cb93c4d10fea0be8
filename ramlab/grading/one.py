"""Grading one submission, in three parts.

`known` reads it and asks the store; `replaying.replay` makes the attempt, here or on another host; `settle` writes what
came of it. `grade_one` is the three in a row. It may be done again at any time: what the store has is not done again,
and a result is there whole or not at all. Whoever runs it, in which order and how many at once, decides nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from containers.errors import UsageError
from ramlab import catalogue
from ramlab.grading.replaying import NOTE, Task, Told, broken, code_version, replay
from ramlab.grading.store import FOREIGN_TICKET, GRADED, LIED, NO_TICKET, NOT_DONE, NOT_GRADABLE, OTHER_VERSION, Result
from ramlab.submission import NotGradable, Submission, version_of
from ramlab.verdicts import ERROR, PASSED, SKIPPED

if TYPE_CHECKING:
    from pathlib import Path

    from ramlab.catalogue import Lab
    from ramlab.children import Children
    from ramlab.grading.store import Store


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A submission that the store does not know yet."""

    task: Task
    digest: str
    """SHA-256 of the file."""
    submitted: float
    """Seconds since 1970."""
    handed_in: Submission
    lab: Lab
    """With its student's parameters."""

    def named(self, result: Result) -> Result:
        """The result, as that of this very file: the same content may have been handed in under several names."""
        return replace(result, file=self.task.file, submitted=self.submitted)


def grade_one(path: Path, store: Store, children: Children, *, kind: str, limit: float) -> Result:
    """Replay the submission at `path` on a fresh machine and check it there, or give what the store has."""
    found = known(path, store, kind=kind, limit=limit)
    return found if isinstance(found, Result) else settle(found, replay(found.task, children), store)


def known(path: Path, store: Store, *, kind: str, limit: float) -> Result | Waiting:
    """What is known of the submission at `path` without an attempt; else what has to be tried."""
    digest, submitted = "", 0.0
    try:
        digest, submitted = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime
        handed_in = Submission.read(path)
        lab = _lab(path, handed_in, store)
    except OSError as error:
        reason = f"{path.name}: {error.strerror}"
        return Result(file=path.name, digest=digest, state=NOT_GRADABLE, reason=reason, submitted=submitted)
    except UsageError as error:
        reason = error.message if error.message.startswith(path.name) else f"{path.name}: {error.message}"
        return Result(file=path.name, digest=digest, state=NOT_GRADABLE, reason=reason, submitted=submitted)
    key = store.key(digest, lab)
    if result := store.get(key):
        return replace(result, file=path.name, submitted=submitted)
    task = Task(
        key=key, file=path.name, answer=handed_in.answer, student=lab.student,
        ticket=str(store.course.ticket(lab.student) or ""), lab=lab.name, lab_version=version_of(lab),
        code=code_version(), kind=kind, limit=limit,
    )  # fmt: skip
    return Waiting(task=task, digest=digest, submitted=submitted, handed_in=handed_in, lab=lab)


def settle(waiting: Waiting, told: Told, store: Store) -> Result:
    """Write evidence and result to the store. What could not be done is no 0: it is tried again the next time."""
    task = waiting.task
    brought = {"history.txt": waiting.handed_in.history.encode(errors="surrogateescape"), **waiting.handed_in.casts}
    files = {**brought, **told.evidence, **({NOTE: f"{told.undone}\n".encode()} if told.undone else {})}
    folder, digests = store.keep(task.key, files)
    result = replace(
        _result(waiting, told),
        flags=_flags(waiting.handed_in, waiting.lab, store) + [f"{LIED}: {what}" for what in _forged(told.report)],
        evidence=folder,
        digests=digests,
    )
    store.put(task.key, result)
    return waiting.named(result)


def _lab(path: Path, handed_in: Submission, store: Store) -> Lab:
    """The lab with the parameters that its student has in this course. Raises UsageError."""
    said = handed_in.manifest
    lab = catalogue.load(said.lab, said.student)
    if said.lab != lab.name:
        raise NotGradable(f"{path.name}: there is no lab {said.lab}")
    if store.course.terms(lab.name) is None:
        raise NotGradable(f"{path.name}: {lab.name} is none of this course's labs")
    ticket = store.course.ticket(said.student)
    return lab.for_student(said.student, ticket.seed if ticket else said.student)


def _flags(handed_in: Submission, lab: Lab, store: Store) -> list[str]:
    flags = [OTHER_VERSION] if version_of(lab) != handed_in.manifest.lab_version else []
    ticket = store.course.ticket(lab.student)
    wanted = ticket.mark if ticket else ""
    if handed_in.manifest.seed == wanted:
        return flags
    for other in store.course.roster:
        theirs = store.course.ticket(other)
        if theirs and theirs.mark == handed_in.manifest.seed:
            return [*flags, f"made with the ticket of {other}"]
    return [*flags, FOREIGN_TICKET if handed_in.manifest.seed else NO_TICKET]


def _result(waiting: Waiting, told: Told) -> Result:
    lab, handed_in, report = waiting.lab, waiting.handed_in, told.report
    result = Result(
        file=waiting.task.file, digest=waiting.digest, state=GRADED, student=lab.student, lab=lab.name, of=lab.points,
        hints=dict(handed_in.hints), values=dict(handed_in.values), seconds=report.get("seconds", 0.0), host=told.host,
    )  # fmt: skip
    if told.undone:
        return replace(result, state=NOT_DONE, reason=told.undone)
    if report.get("broke_off"):
        return replace(result, reason=f"the answer left no machine to look at: {_why(report)}")
    if not report.get("checks") or broken(report):
        return replace(result, state=NOT_DONE, reason=_why(report))
    # Whoever lies to the examiner has no points, whatever the checks were shown.
    checks = {
        name: {
            **its,
            "of": lab.by_check[name].points,
            "points": lab.by_check[name].points if its["outcome"] == PASSED and not _forged(report) else 0,
        }
        for name, its in report["checks"].items()
    }
    return replace(result, points=sum(its["points"] for its in checks.values()), checks=checks)


def _forged(report: dict[str, Any]) -> list[str]:
    return report.get("contradictions") or []


def _why(report: dict[str, Any]) -> str:
    for its in (report.get("checks") or {}).values():
        if its["outcome"] in (ERROR, SKIPPED):
            return str(its["message"]).splitlines()[0]
    return "no check was run"
