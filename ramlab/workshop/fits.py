"""How many seats this computer's memory has room for, said before the first one starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from containers.errors import HostCannot
from containers.shape import mib

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN_MIB = 300
"""Hub, proxy, board, culler, and the process that runs the seats' checks."""
SEAT_MIB = 160
"""A seat's page and its machine as it comes: measured, see guide/design/workshops.md."""
ONE_IN = 5
"""Of so many seats one has its machine's memory full at a time: that is what the labs are about."""


@dataclass(frozen=True)
class Room:
    """What is free, what a seat takes."""

    free_mib: int
    machine_mib: int
    """The largest memory of any machine of the labs."""

    def needed(self, seats: int) -> int:
        """MiB for that many."""
        full = -(-seats // ONE_IN)
        return OWN_MIB + seats * SEAT_MIB + full * self.machine_mib

    @property
    def fit(self) -> int:
        """So many seats fit."""
        seats = 0
        while self.needed(seats + 1) <= self.free_mib:
            seats += 1
        return seats

    def refuse(self, seats: int) -> None:
        """Raise HostCannot where they do not fit: how many do, and why."""
        if self.needed(seats) <= self.free_mib:
            return
        raise HostCannot(
            f"{seats} seats need {self.needed(seats)} MiB of memory, and {self.free_mib} are free: {self.fit} fit. "
            f"(A seat with its machine {SEAT_MIB}; one machine in {ONE_IN} filled, {self.machine_mib}; "
            f"the workshop itself {OWN_MIB}.)",
            hint=f"ramlab workshop up --seats {self.fit}" if self.fit else "end what else runs here",
        )


def look(memories: Sequence[str]) -> Room:
    """The room here for machines of these sizes."""
    return Room(free_mib=free_mib(), machine_mib=max(mib(size) for size in memories))


def free_mib(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """MiB that processes can have without swap: of the computer, and of the control groups that we are in."""
    fields = dict(line.split(":", 1) for line in (proc / "meminfo").read_text().splitlines() if ":" in line)
    free = int(fields["MemAvailable"].split()[0]) // 1024
    for line in (proc / "self/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            own = groups / line[3:].strip("/")
            for group in (own, *own.parents):
                if not group.is_relative_to(groups):
                    break
                free = min(free, _left(group))
    return free


def _left(group: Path) -> int:
    try:
        limit, used = ((group / name).read_text().strip() for name in ("memory.max", "memory.current"))
        cache = next(
            int(line.split()[1])
            for line in (group / "memory.stat").read_text().splitlines()
            if line.startswith("inactive_file ")
        )
    except (OSError, KeyError, ValueError):
        return 1 << 30
    return 1 << 30 if limit == "max" else (int(limit) - int(used) + cache) >> 20
