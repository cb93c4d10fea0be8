"""An attempt: fresh machines, scenario, one answer, checks."""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from containers import locks, machines, paths
from containers.errors import MachineError, RamlabError
from ramlab import records, sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from containers.machine import Machine, Progress, Result
    from ramlab.catalogue import Lab
    from ramlab.verdicts import Verdict

DEADLINE = 900.0
"""Seconds that a part of an answer may take, unless told otherwise. Some wait for an OOM under emulation."""
DOORS_SECONDS = 90.0
"""How long the doors may take to open again after an answer that has shut them."""

# The answer's output goes to a file: a daemon that it starts would hold the door's streams open for ever.
_RUN = """f=$(mktemp /tmp/answer.XXXXXX) && cat > "$f" && chmod 700 "$f" || exit 125
%s "$f" > "$f.out" 2>&1 < /dev/null; status=$?
tail -c 8000 "$f.out"; rm -f "$f" "$f.out"; exit $status"""


_TRY = re.compile(r".+@.+\.try-(\d+)")


class AnswerError(MachineError):
    """The answer did not come to its end, so nothing could be checked. Whose fault that is, its author knows."""


@dataclass(kw_only=True)
class Attempt:
    """Fresh machines of its own beside the learner's, and what the answer did in them."""

    lab: Lab
    """With its student's parameters."""
    file: Path
    kind: str
    limit: float = DEADLINE
    """Seconds that each part of the answer may take."""
    machines: dict[str, Machine] = field(default_factory=dict)
    """Those that were asked for, by `Lab.at`."""
    begun: float = field(default_factory=time.time)
    result: Result | None = None
    """Of the answer's last part, or of the first one that ended badly."""

    def machine(self, at: str, progress: Progress) -> Machine:
        """The lab's machine `at`, with a name of its own; started and staged when first asked for."""
        if at not in self.machines:
            _have_lock()
            lab = self.lab.on(at)
            lab_name, _, student = lab.machine_name.partition("@")
            name = f"{lab_name}@{student}.try-{os.getpid()}"
            session = sessions.ensure(lab, kind=self.kind, progress=progress, name=name, hasty=True)
            self.machines[at] = session.machine
        return self.machines[at]

    def answer(self, progress: Progress) -> None:
        """Run each part of the file at its machine's learner's door. What it exits with is its own affair."""
        for at, script in parts(self.file.read_bytes()):
            machine = self.machine(at, progress)
            progress(f"running {self.file.name}{f' on {self.lab.on(at).typed}' if at else ''}")
            self._run(machine, script)

    def _run(self, machine: Machine, script: bytes) -> None:
        command = _RUN % ("" if script.startswith(b"#!") else "sh")
        try:
            result = machine.learner.run(command, stdin=script, timeout=self.limit)
            if self.result is None or not self.result.status:
                self.result = result
        except MachineError as error:
            if _still_there(machine):
                return  # it killed its own session, or hangs: what it did to the machine is judged all the same
            ended = "" if machine.alive() else "; the machine has ended"
            raise AnswerError(
                f"{self.file.name} did not come to its end: {error.message}{ended}",
                hint="an answer must leave the machine running and its doors open",
            ) from error


@cache
def _have_lock() -> int:
    """As long as this process lives its machines are nobody else's; see `reap`. Not its number, which comes again."""
    return locks.hold_shared(_lock(os.getpid()))


def _lock(pid: int | str) -> Path:
    return paths.state() / "locks" / f"try-{pid}.lock"


def reap(ended: int = 0) -> list[str]:
    """Stop machines of attempts that were killed before they could, and remove what is left of others; their names.

    `ended` is a process of which the caller knows that it has. A child that it was just forking may hold its lock yet.
    """
    return [*_stop_those_of(lambda pid: pid == str(ended) or not locks.held(_lock(pid))), *machines.sweep()]


def stop_own() -> list[str]:
    """Stop machines of this process that are still there: an interrupt came while it stopped them. Their names."""
    return _stop_those_of(lambda pid: pid == str(os.getpid()))


def _stop_those_of(wanted: Callable[[str], bool]) -> list[str]:
    ended = []
    for machine in machines.every():
        owner = _TRY.fullmatch(machine.name)
        if owner and wanted(owner[1]):
            with suppress(RamlabError), machines.locked(machine.name):  # its engine may not answer
                if now := machines.find(machine.name):
                    now.stop()
                    ended.append(now.name)
    return ended


def parts(answer: bytes) -> list[tuple[str, bytes]]:
    """The parts of an answer, each with the machine that it is for: a line `# at: NAME` begins that machine's.

    What stands before the first such line is the first machine's. Parts that only comment are left out.
    """
    head, *rest = re.split(rb"(?m)^# at: ([a-z][a-z0-9]*)[ \t]*$\n?", answer)
    first = re.match(rb"#!.*\n", head)
    shebang = first[0] if first else b""
    names = ["", *(name.decode() for name in rest[::2])]
    scripts = [head, *(shebang + script for script in rest[1::2])]
    return [(at, script) for at, script in zip(names, scripts, strict=True) if _does_something(script)]


def _does_something(script: bytes) -> bool:
    return any(line.strip() and not line.lstrip().startswith(b"#") for line in script.splitlines())


def _still_there(machine: Machine) -> bool:
    """Whether the machine lives and both doors open again: PID 1 does that after `kill -9 -1`."""
    end = time.monotonic() + DOORS_SECONDS
    while time.monotonic() < end and machine.alive():
        try:
            return not any(door.run(":", timeout=20).status for door in (machine.learner, machine.examiner))
        except MachineError:
            time.sleep(0.3)  # the old connection has to be noticed to be gone
    return False


def command(folder: Path, answer: Path, *, student: str, kind: str, report: Path, limit: float = DEADLINE) -> list[str]:
    """The command line of a process that makes an attempt and writes what came of it to `report`."""
    return [
        sys.executable, "-m", "pytest", str(folder), "--answer", str(answer), "--student", student,
        "--machine", kind, "--attempt-report", str(report), "--answer-limit", f"{limit:g}",
    ]  # fmt: skip


def write_report(
    attempt: Attempt | None, lab: Lab, verdicts: Collection[Verdict], path: str | None, contradictions: list[str]
) -> None:
    """Write what happened as JSON for `ramlab verify`; nothing where no path was asked for."""
    if not path:
        return
    result = attempt.result if attempt else None
    records.write(
        Path(path),
        {
            "lab": lab.name,
            "student": lab.student,
            "folders": [str(machine.folder) for machine in attempt.machines.values()] if attempt else [],
            "answer": {"status": result.status, "output": result.stdout} if result else None,
            "contradictions": contradictions,
            "broke_off": any(verdict.broke_off for verdict in verdicts),
            "seconds": round(time.time() - attempt.begun, 1) if attempt else 0,
            "checks": {
                verdict.task.check: {
                    "outcome": verdict.outcome,
                    "message": verdict.message,
                    "hint": verdict.hint,
                    "seconds": round(verdict.seconds, 2),
                }
                for verdict in verdicts
            },
        },
    )
