"""Whose turn it is on the CPUs: a machine that thrashes must not take the others' echo.

Nothing here needs root. Linux puts each session (setsid) into a scheduling group of its own where autogroup is on, and
a group's niceness may go up and down again. A thread's niceness only goes up; its policy may change between OTHER and
BATCH at will, and a thread of BATCH never interrupts another one when it wakes up.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

BASE, BUSY = 2, 10
"""Niceness of a machine's group: at all times, and while it keeps a CPU busy."""
STARVED = 0.05
"""Who gets less of a CPU than this is no danger to others; machines that thrash beside 24 others get twice as much."""
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float | None:
    """What the process has used of the CPUs so far; None where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / TICKS


def _looks(pid: int) -> dict[int, tuple[float, float, bool]] | None:
    """Of each thread: the seconds that it has used of the CPUs and waited for them, and whether it wants one now.

    On a busy computer one that would take all it gets may get less than another one that rests: proc_pid_schedstat(5).
    Where the kernel does not count that, what the process has used. None where it is gone.
    """
    found = {}
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):  # it has just ended
                used, waited, _ = (thread / "schedstat").read_text().split()
                state = (thread / "stat").read_text().rpartition(")")[2].split()[0]
                found[int(thread.name)] = (int(used) / 1e9, int(waited) / 1e9, state == "R")
    except OSError:
        return None
    if any(used for used, _, _ in found.values()):
        return found
    used_alone = cpu_seconds(pid)
    return None if used_alone is None else {pid: (used_alone, 0.0, False)}


def weigh(pid: int, *, busy: bool) -> None:
    """Give a process, with all its threads, the weight of one that is busy, or the usual one."""
    policy = os.SCHED_BATCH if busy else os.SCHED_OTHER
    with contextlib.suppress(OSError):
        for thread in [int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()]:
            with contextlib.suppress(OSError):
                os.sched_setscheduler(thread, policy, os.sched_param(0))
                # As much as it may go: where groups have no niceness, this is what counts.
                if os.getpriority(os.PRIO_PROCESS, thread) < BASE:
                    os.setpriority(os.PRIO_PROCESS, thread, BASE)
    group = Path(f"/proc/{pid}/autogroup")
    with contextlib.suppress(OSError):
        if group.exists():
            _set(group, str(BUSY if busy else BASE))


def _set(group: Path, niceness: str) -> None:
    for _ in range(5):
        try:
            group.write_text(niceness)
        except BlockingIOError:  # at most ten times a second on the whole computer, unless one is root
            time.sleep(0.02)
        else:
            return


class Pulse:
    """How busy a process is, or would be, from one look to the next."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.since: float | None = None
        """The moment (monotonic) since which it has wanted a CPU; None: it does not."""
        self.heavy: bool | None = None
        """Whether it weighs as one that is busy; None before the first look."""
        self._taking_since: float | None = None
        self._starved = False
        self._last = (time.monotonic(), _looks(pid) or {})

    def beat(self, *, share: float) -> float:
        """Look; how many seconds it has wanted at least `share` of a CPU by now, without a break."""
        now, threads = time.monotonic(), _looks(self.pid)
        before, had = self._last
        passed = now - before
        if threads is None or passed < 0.1:  # noqa: PLR2004 -- a tick is 0.01 s
            return 0.0
        self._last = (now, threads)
        took = wanted = 0.0
        for thread, (used, waited, runnable) in threads.items():
            used_before, waited_before, was_runnable = had.get(thread, (0.0, 0.0, False))
            more = used + waited - used_before - waited_before
            took += used - used_before
            # Waiting is counted when it is over: who has waited all the time, or since a moment at the beginning, has
            # little or no more than before.
            wanted += passed if runnable and (was_runnable or not more) else more
        self.since = _since(self.since, before, holds=wanted / passed >= share)
        self._taking_since = _since(self._taking_since, before, holds=took / passed >= share)
        self._starved = took / passed < STARVED
        return now - self.since if self.since is not None else 0.0

    def weigh(self, seconds: float) -> None:
        """Give it the weight of one that is busy when it has taken its share for `seconds`, as long as it wants it.

        Who only wants it does the others no harm: on a computer that is busy with other things it would never get done
        what it wants. And who gets next to nothing has its weight back.
        """
        takes = self._taking_since is not None and time.monotonic() - self._taking_since >= seconds
        heavy = takes or bool(self.heavy and self.since is not None and not self._starved)
        if heavy != self.heavy:
            self.heavy = heavy
            weigh(self.pid, busy=heavy)


def _since(moment: float | None, before: float, *, holds: bool) -> float | None:
    return (before if moment is None else moment) if holds else None
