"""What stands behind single addresses of a process: /proc/PID/pagemap, /proc/kpagecount, /proc/kpageflags."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import NotThere, ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

PAGE = 4096
_PRESENT, _SWAPPED, _FILE, _EXCLUSIVE, _SOFT_DIRTY = (1 << bit for bit in (63, 62, 61, 56, 55))
_FRAME = (1 << 55) - 1
_ZERO_PAGE = 1 << 24
_NO_FRAME = "-"

# A line for each address: pid, address, its entry of pagemap, and of its frame count and flags.
_READ = """\
import os, sys
def entry(file, index):
    data = os.pread(file, 8, index * 8)
    return int.from_bytes(data, "little") if len(data) == 8 else None
count, flags = (os.open(f"/proc/kpage{name}", os.O_RDONLY) for name in ("count", "flags"))
for word in sys.argv[1:]:
    pid, address = word.split(":")
    try:
        file = os.open(f"/proc/{pid}/pagemap", os.O_RDONLY)
        seen = entry(file, int(address) // 4096)
        os.close(file)
    except OSError: # so says a kernel thread, too
        print("gone", pid)
        continue
    if seen is None: # above what addresses there are
        print("none", pid, address)
        continue
    frame = seen & (1 << 55) - 1 if seen >> 63 else None
    print("page", pid, address, seen, *("--" if frame is None else (entry(count, frame), entry(flags, frame))))
"""
_LINE = re.compile(r"page (?P<pid>\d+) (?P<address>\d+) (?P<entry>\d+) (?P<count>\d+|-) (?P<flags>\d+|-)")


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a process, as the kernel's page tables have it."""

    present: bool
    """It is in RAM, and the process has it mapped."""
    swapped: bool
    frame: int | None
    """Number of the physical page frame; its address is 4096 times that. None where it is not present."""
    of_file: bool
    """It belongs to a file, or to memory that is shared and anonymous."""
    exclusive: bool
    """Nobody else has it mapped."""
    soft_dirty: bool
    """It was written to since clear_refs, or has never been cleared."""
    mapped: int
    """How often the frame is mapped by all processes; 0 where none is. The zero page's count says nothing."""
    zero: bool
    """The one page of zeros that everybody has who only reads."""


def read(host: "Host", places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Page]:
    """Look up pairs of pid and virtual address, in one round trip.

    >>> pagemap.read(host, [(171, 0x7F2C1A400000)])[171, 0x7F2C1A400000].frame
    43889

    It takes root (others see frame 0) and python3 on the host. Raises NotThere (the learner's failure) where a process
    has ended or an address is none, ReadError. Source: proc_pid_pagemap(5), proc_kpagecount(5), proc_kpageflags(5).
    """
    words = [f"{pid}:{address}" for pid, address in places]
    return parse(run(host, 'python3 -IS -c "$@"', _READ, *words, what="pagemap"))


def parse(text: str) -> dict[tuple[int, int], Page]:
    """Parse lines `page PID ADDRESS ENTRY COUNT FLAGS`, `gone PID`, `none PID ADDRESS`. Raises as `read` does."""
    found = {}
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind in ("gone", "none"):
            pid = rest.split(" ")[0]
            raise NotThere(
                seen=f"no process {pid} with page tables of its own"
                if kind == "gone"
                else f"nothing there in process {pid}",
                expected="that it lives, and that this is one of its addresses",
                following="look with: ps -e",
            )
        match = _LINE.fullmatch(line)
        if not match:
            raise ReadError(f"pagemap: expected a page, seen {shown(line)}")
        found[int(match["pid"]), int(match["address"])] = _page(match.groupdict())
    return found


def _page(words: Mapping[str, str]) -> Page:
    entry = int(words["entry"])
    present = bool(entry & _PRESENT)
    flags = 0 if words["flags"] == _NO_FRAME else int(words["flags"])
    return Page(
        present=present,
        swapped=bool(entry & _SWAPPED),
        frame=entry & _FRAME if present else None,
        of_file=bool(entry & _FILE),
        exclusive=bool(entry & _EXCLUSIVE),
        soft_dirty=bool(entry & _SOFT_DIRTY),
        mapped=0 if words["count"] == _NO_FRAME else int(words["count"]),
        zero=bool(flags & _ZERO_PAGE),
    )
