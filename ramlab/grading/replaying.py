"""The part of grading that any host with ramlab can do: replay one answer, and tell what came of it.

It takes and gives plain values, and touches neither the submission's file nor the store: whoever asked for it keeps
those, and the course's secret with them.
"""

from __future__ import annotations

import json
import socket
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from containers.errors import RamlabError
from ramlab import attempts, catalogue, places
from ramlab.submission import hash_of, version_of
from ramlab.tickets import VARIABLE
from ramlab.verdicts import ERROR, SKIPPED

if TYPE_CHECKING:
    from ramlab.children import Children, Ended

TRIES = 2
"""Attempts, where one broke and not by its answer."""
MOST_OF_A_LOG = 4 << 20
"""Bytes of a file of the evidence, the last ones. An answer may have the console say as much as it likes."""
REPORT, LOG, NOTE = "report.json", "pytest.log", "not-done.log"


@dataclass(frozen=True, kw_only=True)
class Task:
    """An attempt to be made, and with what: all that a host has to be told."""

    key: str
    """What its result is kept under."""
    file: str
    """The submission's name."""
    answer: bytes
    student: str
    ticket: str
    """The student's own, as text; empty where the course has no secret."""
    lab: str
    lab_version: str
    """Of whoever asks; see `ramlab.submission.version_of`."""
    code: str
    """Of whoever asks; see `code_version`."""
    kind: str
    """Of the machine: vm, docker or auto."""
    limit: float
    """Seconds for each part of the answer."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What came of a task."""

    evidence: dict[str, bytes] = field(default_factory=dict)
    """By name, the files that the attempt has left."""
    host: str = ""
    """Where it was made."""
    undone: str = ""
    """Why there was no attempt, or none that ended. That says nothing about the answer."""

    @property
    def report(self) -> dict[str, Any]:
        """See `attempts.write_report`; empty where there is none."""
        try:
            content = json.loads(self.evidence.get(REPORT, b""))
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


def replay(task: Task, children: Children) -> Told:
    """Make the attempt in processes of its own; a second one where the first broke, and not by its answer.

    Raises UsageError where this host has no such lab, OSError where it has no room.
    """
    _tidy()
    host = socket.gethostname()
    lab = catalogue.load(task.lab, task.student)
    for what, here, there in (
        ("lab " + task.lab, version_of(lab), task.lab_version),
        ("ramlab", code_version(), task.code),
    ):
        if here != there:
            return Told(host=host, undone=f"{host} has another version of {what}: bring it up to date, and grade again")
    told = Told(host=host)
    for _ in range(TRIES):
        ended, evidence = _attempt(task, lab.folder, children)
        if children.closed:
            return Told(host=host, undone="interrupted")
        told = Told(host=host, evidence=evidence)
        if ended.status < 0:
            attempts.reap(ended.pid)  # it was killed, and could not stop its machine
        if told.report.get("checks") and (told.report.get("broke_off") or not broken(told.report)):
            break
    return told


def broken(report: dict[str, Any]) -> bool:
    """Whether something of ours broke, or could not be had here."""
    return any(its["outcome"] in (ERROR, SKIPPED) for its in report["checks"].values())


@cache
def code_version() -> str:
    """A hash of all that decides about an attempt beside its lab."""
    root = Path(__file__).parent.parent.parent
    shared = places.labs_folder() / "conftest.py"
    folders = [root / name for name in ("checkers", "containers", "ramlab")]
    return hash_of(*folders, more=shared.read_bytes() if shared.is_file() else b"")


@cache
def _tidy() -> None:
    """Once in each process: whoever was here before may have been killed. What fails of it is no answer's fault."""
    with suppress(OSError, RamlabError):
        attempts.reap()


def _attempt(task: Task, lab: Path, children: Children) -> tuple[Ended, dict[str, bytes]]:
    with tempfile.TemporaryDirectory(prefix="ramlab-grade-") as place:
        script, evidence = Path(place) / "answer.sh", Path(place) / "evidence"
        script.write_bytes(task.answer)
        evidence.mkdir()
        argv = attempts.command(
            lab, script, student=task.student, kind=task.kind, report=evidence / REPORT, limit=task.limit
        )
        words = [*argv, "--witness", "-p", "no:cacheprovider", "--color=no", "-q"]
        ended = children.run(words, environment={VARIABLE: task.ticket})
        (evidence / LOG).write_text(ended.said)
        return ended, {path.name: _bounded(path) for path in sorted(evidence.iterdir()) if path.is_file()}


def _bounded(path: Path) -> bytes:
    size = path.stat().st_size
    if path.name == REPORT or size <= MOST_OF_A_LOG:
        return path.read_bytes()
    with path.open("rb") as file:
        file.seek(size - MOST_OF_A_LOG)
        return b"(the last %d of %d bytes)\n" % (MOST_OF_A_LOG, size) + file.read()
