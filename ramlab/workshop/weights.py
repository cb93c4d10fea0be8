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
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float | None:
    """What the process has used of the CPUs so far; None where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / TICKS


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
    """How busy a process is, from one look to the next."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.since: float | None = None
        """The moment (monotonic) since which it has kept a CPU busy; None: it does not."""
        self._last = (time.monotonic(), cpu_seconds(pid) or 0.0)

    def beat(self, *, share: float) -> float:
        """Look; how many seconds it has used at least `share` of a CPU by now, without a break."""
        now, used = time.monotonic(), cpu_seconds(self.pid)
        before, had = self._last
        if used is None or now - before < 0.1:  # noqa: PLR2004 -- a tick is 0.01 s
            return 0.0
        self._last = (now, used)
        if (used - had) / (now - before) < share:
            self.since = None
        elif self.since is None:
            self.since = before
        return now - self.since if self.since is not None else 0.0
