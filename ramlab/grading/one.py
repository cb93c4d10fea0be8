"""Grading one submission.

`grade_one` may be called again at any time: what the store has is not done again, and a result is there whole or not at
all. Whoever runs it, in which order and how many at once, decides nothing.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from containers.errors import UsageError
from ramlab import attempts, catalogue, records
from ramlab.grading.store import (
    FOREIGN_TICKET,
    GRADED,
    LIED,
    NO_TICKET,
    NOT_DONE,
    NOT_GRADABLE,
    OTHER_VERSION,
    Result,
    digests,
)
from ramlab.submission import NotGradable, Submission, version_of
from ramlab.tickets import VARIABLE
from ramlab.verdicts import ERROR, PASSED, SKIPPED

if TYPE_CHECKING:
    from ramlab.catalogue import Lab
    from ramlab.children import Children
    from ramlab.grading.store import Store

TRIES = 2
"""Attempts, where one broke and not by its answer."""


def grade_one(path: Path, store: Store, children: Children, *, kind: str, limit: float) -> Result:
    """Replay the submission at `path` on a fresh machine and check it there, or give what the store has."""
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
    known = store.get(key)
    if not known:
        evidence = store.evidence(key)
        report = _replay(handed_in.answer, lab, evidence, children, kind=kind, limit=limit, store=store)
        if report is None:
            return Result(file=path.name, digest=digest, state=NOT_DONE, reason="interrupted", submitted=submitted)
        known = replace(
            _result(path, digest, handed_in, lab, report),
            flags=_flags(handed_in, lab, store) + [f"{LIED}: {what}" for what in _forged(report)],
            evidence=evidence.relative_to(store.folder).as_posix(),
            digests=digests(evidence),
        )
        store.put(key, known)
    return replace(known, file=path.name, submitted=submitted)


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


def _replay(
    answer: bytes, lab: Lab, evidence: Path, children: Children, *, kind: str, limit: float, store: Store
) -> dict[str, Any] | None:
    """The report of an attempt, or of a second one where the first broke; None where we were interrupted."""
    file, report = evidence / "report.json", {}
    ticket = store.course.ticket(lab.student)
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory(prefix="ramlab-grade-") as folder:
            script = Path(folder) / "answer.sh"
            script.write_bytes(answer)
            argv = attempts.command(lab.folder, script, student=lab.student, kind=kind, report=file, limit=limit)
            words = [*argv, "--witness", "-p", "no:cacheprovider", "--color=no", "-q"]
            said, status = children.run(words, environment={VARIABLE: str(ticket or "")})
        if status < 0 and not said:
            return None
        (evidence / "pytest.log").write_text(said)
        report = records.read(file)
        if report.get("checks") and (report.get("broke_off") or not _broken(report)):
            break
    return report


def _result(path: Path, digest: str, handed_in: Submission, lab: Lab, report: dict[str, Any]) -> Result:
    result = Result(
        file=path.name, digest=digest, state=GRADED, student=lab.student, lab=lab.name, of=lab.points,
        hints=dict(handed_in.hints), values=dict(handed_in.values), seconds=report.get("seconds", 0.0),
    )  # fmt: skip
    if report.get("broke_off"):
        return replace(result, reason=f"the answer left no machine to look at: {_why(report)}")
    if not report.get("checks") or _broken(report):
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


def _broken(report: dict[str, Any]) -> bool:
    return any(its["outcome"] in (ERROR, SKIPPED) for its in report["checks"].values())


def _why(report: dict[str, Any]) -> str:
    for its in (report.get("checks") or {}).values():
        if its["outcome"] in (ERROR, SKIPPED):
            return str(its["message"]).splitlines()[0]
    return "no check was run"
