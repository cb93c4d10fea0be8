"""Where the machine may swap to: /proc/swaps."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_ROW = re.compile(r"(?P<path>\S+)\s+(?P<kind>\w+)\s+(?P<size>\d+)\s+(?P<used>\d+)\s+(?P<priority>-?\d+)")


@dataclass(frozen=True, kw_only=True)
class Swap:
    """An active swap area."""

    path: str
    """As the kernel has it; spaces stand as `\\040`."""
    kind: str
    """`partition` or `file`."""
    size_kb: int
    used_kb: int
    priority: int
    """Higher is used first; negative ones were given by the kernel."""


def read(host: "Host") -> list[Swap]:
    """The active swap areas, in the kernel's order.

    >>> [(swap.path, swap.priority) for swap in swaps.read(host)]
    [('/swap', -2)]

    Source: proc_swaps(5), swapon(8). Raises ReadError.
    """
    return parse(run(host, "cat /proc/swaps", what="/proc/swaps"))


def parse(text: str) -> list[Swap]:
    """The text of /proc/swaps. Raises ReadError naming the line that is none."""
    header, *rows = text.splitlines() or [""]
    if not header.startswith("Filename"):
        raise ReadError(f"/proc/swaps: expected a header that begins with 'Filename', seen {shown(header)}")
    found = []
    for row in rows:
        match = _ROW.fullmatch(row.rstrip())
        if not match:
            raise ReadError(f"/proc/swaps: expected path, type, size, used and priority, seen {shown(row)}")
        found.append(
            Swap(
                path=match["path"],
                kind=match["kind"],
                size_kb=int(match["size"]),
                used_kb=int(match["used"]),
                priority=int(match["priority"]),
            )
        )
    return found
