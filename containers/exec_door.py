"""The two ways into a `docker` machine: the engine's exec, in the learner's container or in the examiner's."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from containers.errors import HostCannot, MachineError
from containers.machine import Result
from containers.streams import STDERR, STDOUT, Stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from containers.engines import Engine

EXAMINERS_DOOR = "/run/door"
"""In the examiner's container: the namespaces through which it sees the learner's processes, as files."""
# What an exec begins in. The learner's: a login's environment. The examiner's: its view of them.
ENTRY = {
    "learner": ["env", "-i", "-C", "/root", "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=%s"],
    "examiner": ["nsenter", *(f"--{kind}={EXAMINERS_DOOR}/{name}" for kind, name in
                              (("pid", "pid"), ("ipc", "ipc"), ("cgroup", "cgroup"), ("mount", "mnt"))),
                 "--", "env", "-C", "/root", "HOME=/root"],
}  # fmt: skip
SHELL = {"learner": "/bin/bash", "examiner": "/bin/dash"}


class SilencedError(MachineError):
    """The engine answered before a command, and not after it. Nobody is there to be asked why."""


@dataclass(kw_only=True)
class ExecDoor:
    """See `containers.machine.Door`."""

    name: str
    folder: Path
    """The machine's."""
    container: str
    engine: Callable[[], Engine]
    used: Path
    """Touched at each use: what the idle limit looks at."""
    diagnose: Callable[[], MachineError]
    """Says why the door does not answer."""

    def run(self, command: str, *, stdin: str | bytes = "", timeout: float = 120) -> Result:
        """See `Door.run`."""
        self.used.touch()
        data = stdin.encode() if isinstance(stdin, str) else stdin
        try:
            status, stdout, stderr = self._run(command, data, timeout)
        except TimeoutError:
            cause = self.diagnose()
            raise MachineError(
                f"no reply at the {self.name}'s door within {timeout:.0f} s to: {command[:200]}\n{cause.message}",
                hint=cause.hint,
            ) from None
        except SilencedError:
            raise
        except MachineError as error:
            raise self.diagnose() from error
        return Result(
            command=command, status=status,
            stdout=stdout.decode(errors="surrogateescape"), stderr=stderr.decode(errors="surrogateescape"),
        )  # fmt: skip

    def argv(self, command: str | None = None, *, tty: bool = False) -> list[str]:
        """See `Door.argv`."""
        self.used.touch()
        words = [sys.executable, "-P", "-m", "containers.attach", str(self.folder), self.name, "tty" if tty else "pipe"]
        return [*words, *([] if command is None else [command])]

    def words(self, command: str | None, *, term: str = "dumb") -> list[str]:
        """What is executed in the container."""
        entry = [word % term if "%s" in word else word for word in ENTRY[self.name]]
        shell = SHELL[self.name]
        return [*entry, shell, *(["-l"] if command is None else ["-c", command])]

    def _run(self, command: str, data: bytes, timeout: float) -> tuple[int, bytes, bytes]:
        from containers.engines import explained

        # The size goes along: not every way to an engine can pass on that there is no more to come.
        script = f"( eval {shlex.quote(command)} )"
        script = f"head -c {len(data)} | {script}" if data else f"{script} </dev/null"
        engine = self.engine()
        with explained(engine.url):
            made = engine.api.exec_create(self.container, self.words(script), stdin=bool(data))
            stream = Stream(engine.api.exec_start(made["Id"], socket=True))
        try:
            if data:
                stream.send(data)
            parts: dict[int, list[bytes]] = {STDOUT: [], STDERR: []}
            for number, part in stream.frames(timeout, alive=lambda: engine.runs(self.container)):
                parts[number].append(part)
        finally:
            stream.close()
        try:
            with explained(engine.url):
                status = engine.api.exec_inspect(made["Id"])["ExitCode"]
        except HostCannot as error:  # it could a moment ago: what was run may have seen to it
            raise SilencedError(f"the engine answers no more after: {command[:200]}", hint=error.hint) from error
        if status is None:
            raise MachineError("the exec has no exit status: its container ended")
        return status, b"".join(parts[STDOUT]), b"".join(parts[STDERR])
