"""Grading one submission, and the store on disk that keeps what came of it.

`grade_one` may be called again at any time: what the store has is not done again, and a result is there whole or not at
all. Whoever runs it, in which order and how many at once, decides nothing.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from containers.errors import UsageError
from ramlab import attempts, catalogue, records
from ramlab.submission import NotGradable, Submission, version_of
from ramlab.verdicts import ERROR, PASSED, SKIPPED

if TYPE_CHECKING:
    from ramlab.catalogue import Lab
    from ramlab.children import Children

GRADED, NOT_GRADABLE, NOT_DONE = "graded", "not gradable", "could not be graded"
TRIES = 2
"""Attempts, where one broke and not by its answer."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one submission."""

    file: str
    """Its name."""
    digest: str
    """SHA-256 of it."""
    state: str
    """GRADED; NOT_GRADABLE, by its own fault; NOT_DONE, by ours: that is no 0, somebody has to look."""
    reason: str = ""
    """Of the last two, and of a GRADED whose answer left no machine to look at."""
    student: str = ""
    lab: str = ""
    points: int = 0
    of: int = 0
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By check: outcome, points, message, next, seconds."""
    flags: list[str] = field(default_factory=list)
    """What a human should know of it."""
    evidence: str = ""
    """The folder with the logs, in the store."""

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Self | None:
        """The result that was written; None where that is none."""
        try:
            return cls(**record)
        except TypeError:
            return None


class Store:
    """Results in a folder: one file for each submission and version of its lab."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def key(self, digest: str, lab: Lab | None) -> str:
        """What a result is kept under: another submission, or another version of its lab, is another one."""
        version = version_of(lab) if lab else "none"
        return hashlib.sha256(f"{digest} {version}".encode()).hexdigest()[:24]

    def get(self, key: str) -> Result | None:
        """The result that is there; what could not be graded is tried again."""
        found = Result.of_record(records.read(self._path(key)))
        return found if found and found.state != NOT_DONE else None

    def put(self, key: str, result: Result) -> None:
        """Write it, at once or not at all."""
        records.write(self._path(key), asdict(result))

    def evidence(self, key: str) -> Path:
        """An empty folder for an attempt's logs."""
        folder = self.folder / "evidence" / key
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def _path(self, key: str) -> Path:
        return self.folder / "results" / f"{key}.json"


def grade_one(path: Path, store: Store, children: Children, *, kind: str, limit: float) -> Result:
    """Replay the submission at `path` on a fresh machine and check it there, or give what the store has."""
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        handed_in = Submission.read(path)
        lab = catalogue.load(handed_in.manifest.lab, handed_in.manifest.student)
        if handed_in.manifest.lab != lab.name:
            raise NotGradable(f"{path.name}: there is no lab {handed_in.manifest.lab}")
    except OSError as error:
        return Result(file=path.name, digest="", state=NOT_GRADABLE, reason=f"{path.name}: {error.strerror}")
    except UsageError as error:
        reason = error.message if error.message.startswith(path.name) else f"{path.name}: {error.message}"
        return Result(file=path.name, digest=digest, state=NOT_GRADABLE, reason=reason)
    key = store.key(digest, lab)
    known = store.get(key)
    if known:
        return known
    evidence = store.evidence(key)
    report = _replay(handed_in.answer, lab, evidence, children, kind=kind, limit=limit)
    result = None if report is None else _result(path, digest, handed_in, lab, evidence, report)
    if result:
        store.put(key, result)
        return result
    return Result(file=path.name, digest=digest, state=NOT_DONE, reason="interrupted")


def _replay(
    answer: bytes, lab: Lab, evidence: Path, children: Children, *, kind: str, limit: float
) -> dict[str, Any] | None:
    """The report of an attempt, or of a second one where the first broke; None where we were interrupted."""
    file, report = evidence / "report.json", {}
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory(prefix="ramlab-grade-") as folder:
            script = Path(folder) / "answer.sh"
            script.write_bytes(answer)
            argv = attempts.command(lab.folder, script, student=lab.student, kind=kind, report=file, limit=limit)
            said, status = children.run([*argv, "--witness", "-p", "no:cacheprovider", "--color=no", "-q"])
        if status < 0 and not said:
            return None
        (evidence / "pytest.log").write_text(said)
        report = records.read(file)
        if report.get("checks") and (report.get("broke_off") or not _broken(report)):
            break
    return report


def _result(path: Path, digest: str, handed_in: Submission, lab: Lab, evidence: Path, report: dict[str, Any]) -> Result:
    changed = version_of(lab) != handed_in.manifest.lab_version
    result = Result(
        file=path.name, digest=digest, state=GRADED, student=lab.student, lab=lab.name, of=lab.points,
        flags=["made with another version of the lab"] if changed else [], evidence=str(evidence),
    )  # fmt: skip
    if report.get("broke_off"):
        return replace(result, reason=f"the answer left no machine to look at: {_why(report)}")
    if not report.get("checks") or _broken(report):
        return replace(result, state=NOT_DONE, reason=_why(report))
    checks = {
        name: {**its, "points": lab.by_check[name].points if its["outcome"] == PASSED else 0}
        for name, its in report["checks"].items()
    }
    if forged := report.get("contradictions"):
        # Whoever lies to the examiner has no points, whatever the checks were shown.
        flags = [*result.flags, *(f"the examiner was shown something else: {what}" for what in forged)]
        return replace(result, checks={name: {**its, "points": 0} for name, its in checks.items()}, flags=flags)
    return replace(result, points=sum(its["points"] for its in checks.values()), checks=checks)


def _broken(report: dict[str, Any]) -> bool:
    return any(its["outcome"] in (ERROR, SKIPPED) for its in report["checks"].values())


def _why(report: dict[str, Any]) -> str:
    for its in (report.get("checks") or {}).values():
        if its["outcome"] in (ERROR, SKIPPED):
            return str(its["message"]).splitlines()[0]
    return "no check was run"
