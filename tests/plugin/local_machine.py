"""A machine without a kernel of its own: its doors are shells on this computer, its world is a folder.

Real processes, real streams, real exit statuses, so that the tool above it is tested and not imitated. The absolute
paths that the product uses inside a machine are mapped into the folder, as a chroot would (which takes root).
"""

import io
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from containers import machines, paths
from containers.errors import MachineError, UsageError
from containers.machine import Progress, Result
from containers.shape import Shape

PATIENCE = 60
"""Seconds for what was left alone in a world to notice that this is gone."""
_INSIDE = re.compile(
    r"(?<![\w.])(/proc/1/root|/run/lab|/stage|/var/lib/ramlab|/usr/local/share/ramlab|/etc/motd|/root/\.bash_history)\b"
)
_EXAMINERS = ("/proc/1/root", "/run/lab")
_PROGRAMS = {
    "answer": 'printf "%s\\n" "$2" > "$WORLD/root/var/lib/ramlab/answers/$1"',
    "workload": """set -a; . "$WORLD/root/usr/local/share/ramlab/parameters.env"
exec python3 "$WORLD/run/lab/workload.py" "$@\"""",
    "choom": 'shift 3; exec "$@"',
    "dmesg": "echo kernel log of a local machine",
    "poweroff": 'rm "$WORLD/alive"',
    "shut-doors": 'touch "$WORLD/shut"',
}


@dataclass
class LocalDoor:
    """See `containers.machine.Door`."""

    name: str
    world: Path

    def run(self, command: str, *, stdin: str | bytes = "", timeout: float = 120) -> Result:
        """Run a command whose paths, and those in its input, are the world's."""
        self._require_open()
        content = stdin if isinstance(stdin, bytes) else stdin.encode()
        pipe = subprocess.PIPE
        with subprocess.Popen(self.argv(command), stdin=pipe, stdout=pipe, stderr=pipe, process_group=0) as process:
            try:
                stdout, stderr = process.communicate(self._translate(content), timeout)
            except BaseException as error:
                os.killpg(process.pid, signal.SIGKILL)  # the answer's own children, too
                if isinstance(error, subprocess.TimeoutExpired):
                    hint = "ramlab reset"
                    raise MachineError(f"the {self.name}'s door was silent for {timeout} s", hint=hint) from None
                raise
        self._require_open()
        return Result(command=command, status=process.returncode, stdout=stdout.decode(), stderr=stderr.decode())

    def argv(self, command: str | None = None, *, tty: bool = False) -> list[str]:
        """A shell in the world."""
        del tty
        path = f"{self.world}/bin:{os.environ['PATH']}"
        line = ["-c", self._map(command)] if command is not None else []
        return ["env", f"WORLD={self.world}", f"PATH={path}", f"NOTE={self.world}/root/stage/note", "sh", *line]

    def _require_open(self) -> None:
        if (self.world / "shut").exists() or not (self.world / "alive").exists():
            raise MachineError(f"the {self.name}'s door is shut", hint="ramlab reset")

    def _map(self, text: str) -> str:
        return _INSIDE.sub(lambda match: f"{self.world}{_place(match[1])}", text)

    def _translate(self, content: bytes) -> bytes:
        if b"\0" not in content:
            return self._map(content.decode()).encode()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=io.BytesIO(content)) as old, tarfile.open(fileobj=buffer, mode="w") as new:
            for entry in old:
                entry.name = self._map(f"/{entry.name}")[1:]
                file = old.extractfile(entry)
                inside = self._map(file.read().decode()).encode() if file else b""
                entry.size = len(inside)
                new.addfile(entry, io.BytesIO(inside))
        return buffer.getvalue()


@dataclass
class LocalMachine:
    """See `containers.machine.Machine`."""

    name: str
    folder: Path
    kind: str = "local"

    def __post_init__(self) -> None:
        self.learner = LocalDoor("learner", self.folder)
        self.examiner = LocalDoor("examiner", self.folder)

    def alive(self) -> bool:
        """Whether nobody switched it off."""
        return (self.folder / "alive").exists()

    def set_stage(self, script: str, *, stdin: bytes, timeout: float) -> Result:
        """See `containers.machine.Machine`."""
        return self.examiner.run(script, stdin=stdin, timeout=timeout)

    def console(self) -> str:
        """Nothing much."""
        return f"console of {self.name}\n"

    def stop(self) -> None:
        """Remove the world. It has no kernel to end what runs in it, which may still write as long as that lives."""
        end = time.monotonic() + PATIENCE
        while self.folder.exists():
            shutil.rmtree(self.folder, ignore_errors=time.monotonic() < end)
            time.sleep(0.02)


def _place(path: str) -> str:
    if path == "/proc/1/root":
        return "/root"
    return path if path in _EXAMINERS else f"/root{path}"


def _folder(name: str) -> Path:
    return paths.state() / "machines" / name


def start(name: str, shape: Shape, *, kind: str, writes: bool, hasty: bool = False, progress: Progress) -> LocalMachine:
    """A world with the few programs of the image that labs and the tool use."""
    del shape, kind, writes, hasty
    progress("making a folder")
    machine = LocalMachine(name, _folder(name))
    machine.stop()
    with ExitStack() as undo:  # as the real ones: nothing half-made stays
        undo.callback(machine.stop)
        _make(machine)
        undo.pop_all()
    return machine


def _make(machine: LocalMachine) -> None:
    (machine.folder / "bin").mkdir(parents=True)
    for folder in ("root/etc", "root/tmp", "run/lab"):
        (machine.folder / folder).mkdir(parents=True)
    for program, script in _PROGRAMS.items():
        path = machine.folder / "bin" / program
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    (machine.folder / "alive").touch()


def find(name: str) -> LocalMachine | None:
    """The living machine of that name."""
    machine = LocalMachine(name, _folder(name))
    return machine if machine.alive() else None


def every() -> list[LocalMachine]:
    """All living ones."""
    folder = paths.state() / "machines"
    return [m for path in sorted(folder.glob("*@*")) if (m := LocalMachine(path.name, path)).alive()]


def sweep() -> list[str]:
    """Remove the dead ones, and none that somebody is just making: that is what the lock is for, here as there."""
    dead = []
    for path in sorted((paths.state() / "machines").glob("*@*")):
        if not (path / "alive").exists():
            with machines.locked(path.name):
                if path.exists() and not (path / "alive").exists():
                    shutil.rmtree(path, ignore_errors=True)
                    dead.append(path.name)
    return dead


def choose(kind: str, needs: Iterable[str], *, progress: Progress) -> str:
    """Take any kind but what the real table refuses."""
    return "local" if kind in {"auto", "local"} else _real_choose(kind, needs, progress=progress)


_real_choose: Callable[..., str] = machines.choose


def install() -> None:
    """Make local machines the only kind in this process."""
    machines.find, machines.every, machines.sweep = find, every, sweep
    machines.start_locked, machines.choose = start, choose
    machines.give_up_damaged = lambda _: False  # no cache


__all__ = ["LocalMachine", "UsageError", "install"]
