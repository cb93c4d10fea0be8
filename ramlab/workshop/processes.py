"""The workshop's own processes, each in a session of its own: started, found again, ended by number."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from containers.vm import start_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PATIENCE = 8.0
"""Seconds from SIGTERM to SIGKILL."""
FIRST = -10
"""Niceness of a worker's session, see sched(7) on autogroups: whole rooms wait for the hub and the proxy."""
QUICK = 5.0
"""Seconds: who ends sooner has not been running at all."""
LONGEST_PAUSE = 30.0
"""Seconds until such a one is tried again."""


@dataclass(frozen=True)
class Process:
    """A process that may be somebody else's child: its number, and when it began, since numbers come again."""

    pid: int
    began: int

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The one of this number, if it is alive."""
        began = start_time(pid)
        return None if began is None else cls(pid, began)

    @property
    def alive(self) -> bool:
        """Whether it still is. One that has ended and that nobody has asked about is not."""
        return start_time(self.pid) == self.began

    def signal(self, number: signal.Signals) -> None:
        """Send it, if it is there."""
        if self.alive:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)


@dataclass
class Worker:
    """One of the workshop's processes, which is started again whenever it ends."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: Process | None = None
    started: float = 0.0
    failures: int = 0
    """How often it ended within seconds, in a row."""
    due: float | None = None
    """When it is to be started again, once it has been seen to have ended."""
    _popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                self.argv, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, cwd=self.log.parent,
            )  # fmt: skip
        self.process = Process.of(self._popen.pid)
        self.started = time.monotonic()
        with suppress(OSError):  # only root may: everybody else's share is as it was
            Path(f"/proc/{self._popen.pid}/autogroup").write_text(str(FIRST))

    @property
    def alive(self) -> bool:
        """Whether it runs; reaps it where it does not."""
        return self._popen is not None and self._popen.poll() is None

    def is_due(self, now: float) -> bool:
        """Whether one that has ended is to be started again now: at once, but for one that cannot live."""
        if self.due is None:
            self.failures = self.failures + 1 if now - self.started < QUICK else 0
            self.due = now + (min(2.0 ** (self.failures - 2), LONGEST_PAUSE) if self.failures > 1 else 0.0)
        if now < self.due:
            return False
        self.due = None
        return True

    @property
    def pid(self) -> int:
        """Its number, 0 before its first start."""
        return self._popen.pid if self._popen else 0


def end(processes: Iterable[Process], patience: float = PATIENCE) -> None:
    """Ask them to end, all at once; whoever has not after `patience` seconds is ended."""
    left = [one for one in processes if one.alive]
    for one in left:
        one.signal(signal.SIGTERM)
    deadline = time.monotonic() + patience
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [one for one in left if one.alive]
    for one in left:
        one.signal(signal.SIGKILL)
    while any(one.alive for one in left):
        time.sleep(0.02)


def with_environment(*settings: str) -> list[Process]:
    """Every process of this user that was started with one of these `NAME=value`, but for this one."""
    wanted = {setting.encode() for setting in settings}
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            said = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # somebody else's, or gone
            continue
        if wanted.intersection(said) and (one := Process.of(int(entry.name))):
            found.append(one)
    return found


def become_subreaper() -> None:
    """Have the seats of a hub that was killed become our children: somebody has to ask how they ended."""
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER, prctl(2); refused: not ours


def reap(own: Iterable[int]) -> None:
    """Ask how children ended that are none of `own`, whose starter asks himself."""
    own = set(own)
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid in own:
            return
        with suppress(ChildProcessError):
            os.waitpid(ended.si_pid, os.WNOHANG)
