"""A vm's physical memory, read where QEMU has it: in that process's own memory, without asking QEMU for each piece."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from containers.vm import VmMachine

_MAPPING = re.compile(r"(?P<first>[0-9a-f]+)-(?P<end>[0-9a-f]+) \S+ (?P<offset>[0-9a-f]+) \S+ \d+ +(?P<path>/.*)")
_FILE = re.compile(r"ram(?:-(\d+))?")
_HOLE = 0xC0000000
"""From here on a PC's memory may lie elsewhere than its place in the files says (QEMU: hw/i386/pc_piix.c)."""
Pieces = list[tuple[int, int, int]]
"""Physical address, bytes, QEMU's own address."""


class GuestMemory:
    """Physical addresses, in bytes. What it does not have, QEMU has to be asked for."""

    def __init__(self, memory: int, pieces: Pieces) -> None:
        self._memory = memory
        self._pieces = sorted(pieces)
        self._begins = [begin for begin, _, _ in self._pieces]

    def read(self, address: int, size: int) -> bytes | None:
        """`size` bytes at a physical address; None where not all of them are here."""
        piece = bisect_right(self._begins, address) - 1
        if piece < 0:
            return None
        begin, length, place = self._pieces[piece]
        if address + size > min(begin + length, _HOLE):
            return None
        try:
            found = os.pread(self._memory, size, place + address - begin)
        except OSError:
            return None
        return found if len(found) == size else None


@contextmanager
def opened(machine: VmMachine) -> Iterator[GuestMemory | None]:
    """The memory of `machine`; None where this host lets us read no other process's (Yama, some containers)."""
    try:
        memory, pieces = _open(machine)
    except OSError:
        yield None
        return
    try:
        yield GuestMemory(memory, pieces)
    finally:
        os.close(memory)


def _open(machine: VmMachine) -> tuple[int, Pieces]:
    """A descriptor of QEMU's memory, and where in it the guest's is. Raises OSError."""
    # By a descriptor of its folder: a pid alone may be another process's by the next step.
    folder = os.open(f"/proc/{machine.record.pid}", os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not machine.alive():
            raise ProcessLookupError
        with os.fdopen(os.open("maps", os.O_RDONLY, dir_fd=folder), errors="replace") as maps:
            pieces = list(pieces_of(maps.read(), machine.template.resolve()))
        return os.open("mem", os.O_RDONLY, dir_fd=folder), pieces
    finally:
        os.close(folder)


def pieces_of(maps: str, template: Path) -> Iterator[tuple[int, int, int]]:
    """Where the memory files of `template` are mapped. Nodes' memories lie one behind the other."""
    files = {path: int(match[1] or 0) for path in template.glob("ram*") if (match := _FILE.fullmatch(path.name))}
    begins, begin = {}, 0
    for path in sorted(files, key=files.__getitem__):
        begins[str(path)] = begin
        begin += path.stat().st_size
    for line in maps.splitlines():
        match = _MAPPING.fullmatch(line)
        if match and match["path"] in begins:
            first, end, offset = (int(match[name], 16) for name in ("first", "end", "offset"))
            yield begins[match["path"]] + offset, end - first, first
