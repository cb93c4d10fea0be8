"""An attempt: one fresh machine, scenario, one answer, checks."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from containers.errors import MachineError
from ramlab import records, sessions
from ramlab.places import machine_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from containers.machine import Machine, Progress, Result
    from ramlab.catalogue import Lab
    from ramlab.verdicts import Verdict

DEADLINE = 900.0
"""Seconds that an answer may take. Some answers wait for an OOM under emulation."""
DOORS_SECONDS = 90.0
"""How long the doors may take to open again after an answer that has shut them."""

# The answer's output goes to a file: a daemon that it starts would hold the door's streams open for ever.
_RUN = """f=$(mktemp /tmp/answer.XXXXXX) && cat > "$f" && chmod 700 "$f" || exit 125
%s "$f" > "$f.out" 2>&1 < /dev/null; status=$?
tail -c 8000 "$f.out"; rm -f "$f" "$f.out"; exit $status"""


class AnswerError(MachineError):
    """The answer did not come to its end, so nothing could be checked. Whose fault that is, its author knows."""


@dataclass(kw_only=True)
class Attempt:
    """A fresh machine of its own beside the learner's, and what the answer did in it."""

    lab: Lab
    file: Path
    machine: Machine
    begun: float = field(default_factory=time.time)
    result: Result | None = None

    def answer(self) -> None:
        """Run the file at the learner's door. Its exit status is its own affair: the checks decide."""
        script = self.file.read_bytes()
        command = _RUN % ("" if script.startswith(b"#!") else "sh")
        try:
            self.result = self.machine.learner.run(command, stdin=script, timeout=DEADLINE)
        except MachineError as error:
            if self._still_there():
                return  # it killed its own session, or hangs: what it did to the machine is judged all the same
            ended = "" if self.machine.alive() else "; the machine has ended"
            raise AnswerError(
                f"{self.file.name} did not come to its end: {error.message}{ended}",
                hint="an answer must leave the machine running and its doors open",
            ) from error

    def _still_there(self) -> bool:
        """Whether the machine lives and both doors open again: PID 1 does that after `kill -9 -1`."""
        end = time.monotonic() + DOORS_SECONDS
        while time.monotonic() < end and self.machine.alive():
            try:
                return not any(
                    door.run(":", timeout=20).status for door in (self.machine.learner, self.machine.examiner)
                )
            except MachineError:
                time.sleep(0.3)  # the old connection has to be noticed to be gone
        return False


def begin(lab: Lab, file: str, *, kind: str, progress: Progress) -> Attempt:
    """A staged machine with a name of its own. `lab` has its student's parameters."""
    name = f"{machine_name(lab.name, lab.student)}.try-{os.getpid()}"
    session = sessions.ensure(lab, kind=kind, progress=progress, name=name)
    return Attempt(lab=lab, file=Path(file), machine=session.machine)


def write_report(attempt: Attempt | None, lab: Lab, verdicts: Iterable[Verdict], path: str | None) -> None:
    """Write what happened as JSON for `ramlab verify`; nothing where no path was asked for."""
    if not path:
        return
    result = attempt.result if attempt else None
    records.write(
        Path(path),
        {
            "lab": lab.name,
            "student": lab.student,
            "machine": attempt.machine.name if attempt else "",
            "folder": str(attempt.machine.folder) if attempt else "",
            "answer": {"status": result.status, "output": result.stdout} if result else None,
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
