"""Address translation of x86-64, as its memory management unit does it: by the page tables in physical memory.

Sources: Intel SDM volume 3, chapter 4.5, tables 4-14 to 4-20. Linux: Documentation/arch/x86/x86_64/5level-paging.rst,
arch/x86/include/asm/pgtable_types.h for what the kernel does with the bits that the hardware leaves to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = 4096
ENTRIES = 512
"""Entries of 8 bytes in one table, which fills a page."""
ADDRESS = 0x000FFFFFFFFFF000
"""The bits of an entry, or of CR3, that are a physical address: CR3 has flags below, an entry above as well."""
NAMES = {5: "PGD", 4: "P4D", 3: "PUD", 2: "PMD", 1: "PTE"}
"""Linux's names by level. With 4 levels it calls the highest PGD, and there is no P4D."""
_BITS = {
    0: "present", 1: "writable", 2: "user", 3: "write-through", 4: "uncached",
    5: "accessed", 6: "dirty", 8: "global", 11: "soft-dirty", 63: "no-execute",
}  # fmt: skip
_LARGE = 1 << 7
_PROT_NONE = 1 << 8
"""In an entry that is not present: the page is there and nobody may touch it (mprotect(2), NUMA balancing)."""


@dataclass(frozen=True)
class Entry:
    """One entry on the way down."""

    level: int
    """1 (the lowest) to 5."""
    name: str
    index: int
    """0 to 511."""
    place: int
    """Where it is: a physical address, in bytes."""
    value: int

    @property
    def present(self) -> bool:
        """Whether the hardware follows it."""
        return bool(self.value & 1)

    @property
    def last(self) -> bool:
        """Whether a page follows, and no further table."""
        return self.level == 1 or (self.level <= 3 and bool(self.value & _LARGE))  # noqa: PLR2004 -- 1 GiB, 2 MiB

    @property
    def size(self) -> int:
        """How many bytes of address space it stands for."""
        return PAGE << 9 * (self.level - 1)

    @property
    def address(self) -> int:
        """The physical address that it names: of a table or of a page."""
        return self.value & ADDRESS & (-self.size if self.last else -PAGE)

    @property
    def flags(self) -> list[str]:
        """Its flags in words, from the lowest bit on."""
        if not self.present:
            return [self._absent()]
        # What a table's entry has as dirty, global or soft-dirty means nothing.
        skipped = set() if self.last else {6, 8, 11}
        words = [word for bit, word in _BITS.items() if bit not in skipped and self.value >> bit & 1]
        return [*words, f"large ({self.size >> 20} MiB)"] if self.last and self.level > 1 else words

    def _absent(self) -> str:
        if not self.value:
            return "nothing here"
        # Linux inverts what could be taken for an address, by a CPU that looks at entries which are not present (L1TF).
        if self.value & _PROT_NONE:
            return f"not present: nobody may touch page frame {(~self.value & ADDRESS) // PAGE:#x}"
        kind, offset = self.value >> 59, (~self.value & (1 << 64) - 1) << 5 & (1 << 64) - 1
        return f"not present: in swap, area {kind}, page {offset >> 14}"


@dataclass(frozen=True)
class Walk:
    """A translation, from the root to where it ended."""

    virtual: int
    entries: tuple[Entry, ...]

    @property
    def physical(self) -> int | None:
        """The physical address; None where no page is present."""
        end = self.entries[-1]
        if not (end.present and end.last):
            return None
        return end.address + self.virtual % end.size


def width(levels: int) -> int:
    """How many bits of a virtual address tables of so many levels translate: 48 or 57."""
    return 12 + 9 * levels


def canonical(address: int, levels: int) -> bool:
    """Whether the highest bit that is translated and all above it are alike, as the hardware demands."""
    above = address >> width(levels) - 1
    return above in (0, (1 << 65 - width(levels)) - 1)


def index(address: int, level: int) -> int:
    """The 9 bits of `address` that choose the entry of the table at `level`."""
    return address >> (12 + 9 * (level - 1)) & (ENTRIES - 1)


def walk(read: Callable[[int], int], root: int, address: int, *, levels: int) -> Walk:
    """Translate a virtual `address`. `read` gives the 8 bytes at a physical address; `root` is CR3 or the like."""
    entries: list[Entry] = []
    table = root & ADDRESS
    for level in range(levels, 0, -1):
        number = index(address, level)
        name = "PGD" if level == levels else NAMES[level]
        place = table + 8 * number
        entry = Entry(level, name, number, place, read(place))
        entries.append(entry)
        if not entry.present or entry.last:
            break
        table = entry.address
    return Walk(address, tuple(entries))
