"""What a machine is to everybody who uses one. The kinds implement it; see `containers.machines`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from containers.errors import MachineError

RECORD = "machine.json"
"""What every later command finds the machine again by, in its folder."""
IN_USE = "in-use"
"""Terminals hold this file of the machine's folder locked (shared)."""
USED = "used"
"""This file of the machine's folder is touched by each command to it."""
Progress = Callable[[str], None]
"""Told the stage that a long step has reached, in a few words."""


def silent(stage: str) -> None:
    """Progress for nobody."""
    del stage


def host_name(name: str) -> str:
    """What machine `name` calls itself: `14-zones-highmem`. Without a dot, from which on a prompt shows nothing."""
    return name.partition("@")[0].translate(str.maketrans("_.", "--"))


def reset_hint(name: str, what: str) -> str:
    """The way out for whoever has lost machine `name`: the command that gives another one; `what` it is like."""
    import getpass

    lab, _, student = name.partition("@")
    whose = "" if student == getpass.getuser() else f" --student {student}"
    return f"type: ramlab reset {lab}{whose}     ({what})"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a command in a machine did."""

    command: str
    status: int
    """Exit status; 128 + n when signal n ended the shell's command."""
    stdout: str
    stderr: str


class Door(Protocol):
    """A way into a machine."""

    @property
    def name(self) -> str:
        """`learner` or `examiner`."""
        ...

    def run(self, command: str, *, stdin: str | bytes = "", timeout: float = 120) -> Result:
        """Run a shell command. Raises MachineError when the door is shut or silent for `timeout` seconds."""
        ...

    def argv(self, command: str | None = None, *, tty: bool = False) -> list[str]:
        """The local command line that runs `command` (None: a login shell) with our own streams."""
        ...


class Machine(Protocol):
    """The disposable Linux that a lab runs in."""

    @property
    def kind(self) -> str:
        """`vm` or `docker`."""
        ...

    @property
    def name(self) -> str:
        """`<lab>@<student>`."""
        ...

    @property
    def folder(self) -> Path:
        """Its state; gone when the machine is gone."""
        ...

    @property
    def learner(self) -> Door:
        """The way into the root file system that the learner owns."""
        ...

    @property
    def examiner(self) -> Door:
        """The way into a pristine copy of it, on the same kernel and processes."""
        ...

    def alive(self) -> bool:
        """Whether its process runs."""
        ...

    def set_stage(self, script: str, *, stdin: bytes, timeout: float) -> Result:
        """Run a script as the examiner in a fresh machine, before anybody else is in it; busybox's ash may run it.

        Raises MachineError when the machine ends or is silent for `timeout` seconds.
        """
        ...

    def console(self) -> str:
        """What the kernel and PID 1 have said on the serial line so far."""
        ...

    def lost(self) -> MachineError | None:
        """Why the connection to the learner's door is gone; None while there is one."""
        ...

    def stop(self) -> None:
        """End it and remove its folder. Never fails because it is already gone or does not answer."""
        ...
