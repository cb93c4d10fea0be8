"""What came of each submission, and the folder that keeps it: one file each, there whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Self

from ramlab import records
from ramlab.submission import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ramlab.catalogue import Lab
    from ramlab.grading.course import Course

GRADED, NOT_GRADABLE, NOT_DONE = "graded", "not gradable", "could not be graded"

OTHER_VERSION = "made with another version of the lab"
NO_TICKET = "made without the student's ticket"
FOREIGN_TICKET = "made with a ticket that is not of this course"
LIED = "the examiner was shown something else"
"""Flags that name nobody; after LIED stands what. All other flags may name another student."""
TOLD = {
    OTHER_VERSION: "It was made with another version of the lab than the one that graded it.",
    NO_TICKET: "It was made without your ticket, so in your machine some values may have been other ones.",
    FOREIGN_TICKET: "It was made with a ticket that is not of this course.",
    LIED: "What the checks were shown is not what was in the machine's memory; so it has no points.",
}
"""What a student is told of a flag, by its beginning. No word of a flag is passed on: it may name somebody else."""


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
    """By check: outcome, points, of, message, hint, seconds."""
    hints: dict[str, int] = field(default_factory=dict)
    """By check, how many were taken. The student's own computer says so."""
    values: dict[str, str] = field(default_factory=dict)
    """What was found out, as the student's own machine had it."""
    seconds: float = 0.0
    """Of the attempt."""
    host: str = ""
    """Where it was made."""
    digests: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each file of the evidence."""
    flags: list[str] = field(default_factory=list)
    """What a human should know of it."""
    evidence: str = ""
    """The folder with the logs, as the store's folder has it: `evidence/5f0c…`."""
    submitted: float = 0.0
    """When it was handed in, by the time of the file: seconds since 1970. Not in the store, which knows contents."""

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Self | None:
        """The result that was written; None where that is none."""
        try:
            return cls(**{key: value for key, value in record.items() if key != "signature"})
        except TypeError:
            return None


class Store:
    """Results in a folder: one file for each submission and version of its lab."""

    def __init__(self, folder: Path, course: Course) -> None:
        self.folder = folder
        self.course = course

    def key(self, digest: str, lab: Lab) -> str:
        """What a result is kept under: another submission, another version of its lab, another seed is another one."""
        return hashlib.sha256(f"{digest} {version_of(lab)} {lab.seed}".encode()).hexdigest()[:24]

    def get(self, key: str) -> Result | None:
        """The result that is there; what could not be graded, or has no valid signature, is tried again."""
        record = records.read(self._path(key))
        if record and not self.course.holds(record):
            print(f"{self._path(key)} was not signed with this course's secret: graded again", file=sys.stderr)
            return None
        found = Result.of_record(record)
        return found if found and found.state != NOT_DONE else None

    def put(self, key: str, result: Result) -> None:
        """Write it, signed, at once or not at all."""
        records.write(self._path(key), self.course.signed(asdict(result)))

    def keep(self, key: str, files: Mapping[str, bytes]) -> tuple[str, dict[str, str]]:
        """Write an attempt's logs in place of earlier ones; their folder, as `Result.evidence`, and their digests."""
        folder = self.folder / "evidence" / key
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / PurePath(name).name).write_bytes(content)
        return folder.relative_to(self.folder).as_posix(), digests(folder)

    def wrong(self) -> list[str]:
        """What is not as it was written: a result without its signature, a file of evidence that was changed."""
        complaints = []
        for path in sorted((self.folder / "results").glob("*.json")):
            record = records.read(path)
            result = Result.of_record(record)
            if result is None or not self.course.holds(record):
                complaints.append(f"{path}: not what was signed")
            elif (there := digests(self.folder / result.evidence)) != result.digests:
                names = sorted(
                    name for name in {*there, *result.digests} if there.get(name) != result.digests.get(name)
                )
                complaints.append(f"{result.file}: evidence changed: {', '.join(names)} in {result.evidence}")
        return complaints

    def _path(self, key: str) -> Path:
        return self.folder / "results" / f"{key}.json"


def told(flags: Sequence[str]) -> list[str]:
    """What the student is told of these flags; nothing of those that we do not know to name nobody."""
    kinds = {flag.partition(": ")[0] for flag in flags}
    return [words for kind, words in TOLD.items() if kind in kinds]


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file in the folder, by its name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
