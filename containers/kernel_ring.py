"""The kernel's log from outside: read in its ring of records, whoever cleared it for readers inside, or ended them.

Sources: kernel/printk/printk_ringbuffer.c and .h; Documentation/admin-guide/kdump/gdbmacros.txt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from containers.errors import MachineError
from containers.layout import LOG_MEMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from containers.layout import Layout
    from containers.outside import Outside

_ID = (1 << 62) - 1
"""The part of a descriptor's state that is its number."""
_WRITTEN = (1, 2)
"""What the other part is once the text is there: committed, finalized."""
_MOST_RECORDS, _MOST_BYTES = 1 << 20, 1 << 27
_POINTER = 8


def text(outside: Outside, layout: Layout) -> str:
    """What the log has, a line for each record as dmesg(1) writes it. Raises MachineError where that makes no sense."""
    if not layout.offsets.keys() >= LOG_MEMBERS or "prb" not in layout.symbols:
        raise MachineError("this kernel does not say how it keeps its log")
    return "".join(_Ring(outside, layout).lines())


class _Ring:
    def __init__(self, outside: Outside, layout: Layout) -> None:
        self._outside = outside
        self._offsets, self._sizes = layout.offsets, layout.sizes
        ring = self._number(layout.symbols["prb"])
        records = ring + self._offsets["printk_ringbuffer.desc_ring"]
        texts = ring + self._offsets["printk_ringbuffer.text_data_ring"]
        self._count = 1 << self._member(records, "prb_desc_ring.count_bits", 4)
        self._bytes = 1 << self._member(texts, "prb_data_ring.size_bits", 4)
        if self._count > _MOST_RECORDS or self._bytes > _MOST_BYTES:
            raise MachineError(f"the kernel's log has {self._count} records in {self._bytes} bytes")
        self._descs, self._infos = (self._member(records, f"prb_desc_ring.{what}") for what in ("descs", "infos"))
        self._first, self._last = (self._member(records, f"prb_desc_ring.{end}_id") for end in ("tail", "head"))
        self._texts = self._member(texts, "prb_data_ring.data")

    def lines(self) -> Iterator[str]:
        for number in range(((self._last - self._first) & _ID) + 1):
            its = (self._first + number) & _ID
            place = its % self._count
            desc = self._outside.kernel(self._descs + place * self._sizes["prb_desc"], self._sizes["prb_desc"])
            state = self._of(desc, "prb_desc.state_var")
            if state & _ID != its or state >> 62 not in _WRITTEN:
                continue  # being written, or about to be given to another
            info = self._outside.kernel(self._infos + place * self._sizes["printk_info"], self._sizes["printk_info"])
            moment, length = self._of(info, "printk_info.ts_nsec"), self._of(info, "printk_info.text_len", 2)
            seconds, below = divmod(moment // 1000, 10**6)
            said = self._said(desc, length).decode(errors="backslashreplace").replace("\n", "\n" + " " * 15)
            yield f"[{seconds:5}.{below:06}] {said}\n"

    def _said(self, desc: bytes, length: int) -> bytes:
        block = self._offsets["prb_desc.text_blk_lpos"]
        begin, end = (self._of(desc[block:], f"prb_data_blk_lpos.{word}") for word in ("begin", "next"))
        if begin & 1 or not length:
            return b""  # it has no text
        # What would reach over the end of the ring begins at its begin. First there is the number of its descriptor.
        wrapped = begin // self._bytes != end // self._bytes and end % self._bytes
        place = 0 if wrapped else begin % self._bytes
        return self._outside.kernel(self._texts + place + _POINTER, min(length, self._bytes - place - _POINTER))

    def _of(self, structure: bytes, member: str, size: int = _POINTER) -> int:
        begin = self._offsets[member]
        return int.from_bytes(structure[begin : begin + size], "little")

    def _member(self, place: int, member: str, size: int = _POINTER) -> int:
        return self._number(place + self._offsets[member], size)

    def _number(self, address: int, size: int = _POINTER) -> int:
        return int.from_bytes(self._outside.kernel(address, size), "little")
