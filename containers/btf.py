"""Where a kernel keeps what in its structures, by its own description of its types.

Source: Documentation/bpf/btf.rst. The description is /sys/kernel/btf/vmlinux of the running kernel.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from containers.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAGIC = b"\x9f\xeb"
_HEADER = struct.Struct("<HBBIIIII")
_TYPE = struct.Struct("<III")
_MEMBER = struct.Struct("<III")
_ENUMERATOR = struct.Struct("<Ii")
_STRUCT, _UNION, _ENUM = 4, 5, 6
_FIXED = {1: 4, 3: 12, 14: 4, 17: 4}
"""Bytes after the header of a type, by its kind: INT, ARRAY, VAR, DECL_TAG."""
_EACH = {_STRUCT: 12, _UNION: 12, 6: 8, 13: 8, 15: 12, 19: 12}
"""Bytes for each of its members: STRUCT, UNION, ENUM, FUNC_PROTO, DATASEC, ENUM64. Nothing follows the others."""


class Types:
    """A kernel's types. Raises MachineError where the description is none."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_MAGIC) or len(data) < _HEADER.size:
            raise MachineError(f"the kernel's description of its types cannot be read: it begins with {data[:4]!r}")
        self._data = data
        try:
            *_, length, types, types_length, strings, strings_length = _HEADER.unpack_from(data)
            self._names = data[length + strings : length + strings + strings_length]
            self._places = list(self._scan(length + types, length + types + types_length))
        except (struct.error, ValueError, IndexError) as error:
            raise MachineError(f"the kernel's description of its types cannot be read: {error!r}") from error

    def offsets(self, wanted: Iterable[str]) -> dict[str, int]:
        """Bytes from the structure's begin, by `structure.member`; a member of an unnamed part counts as the whole's.

        What this kernel has not is left out.
        """
        structures = {name.partition(".")[0] for name in wanted}
        found: dict[str, int] = {}
        for title, place in self._named(_STRUCT, structures):
            for member, offset in self._members(place):
                if f"{title}.{member}" in wanted:
                    found.setdefault(f"{title}.{member}", offset)
        return found

    def sizes(self, structures: Iterable[str]) -> dict[str, int]:
        """Bytes that each structure takes, by its name. What this kernel has not is left out."""
        return {title: _TYPE.unpack_from(self._data, place)[2] for title, place in self._named(_STRUCT, structures)}

    def constants(self, names: Iterable[str]) -> dict[str, int]:
        """The values of enumerators, by name. What this kernel has not is left out."""
        wanted, found = set(names), {}
        for place in self._places[1:]:
            info = _TYPE.unpack_from(self._data, place)[1]
            if info >> 24 & 31 == _ENUM:
                for index in range(info & 0xFFFF):
                    name, value = _ENUMERATOR.unpack_from(self._data, place + _TYPE.size + index * _ENUMERATOR.size)
                    if (title := self._name(name)) in wanted:
                        found[title] = value
        return found

    def _scan(self, place: int, end: int) -> Iterator[int]:
        yield -1  # type 0 is void
        while place < end:
            yield place
            info = _TYPE.unpack_from(self._data, place)[1]
            kind = info >> 24 & 31
            place += _TYPE.size + _FIXED.get(kind, 0) + _EACH.get(kind, 0) * (info & 0xFFFF)

    def _named(self, kind: int, wanted: Iterable[str]) -> Iterator[tuple[str, int]]:
        for place in self._places[1:]:
            name, info, _ = _TYPE.unpack_from(self._data, place)
            if info >> 24 & 31 == kind and name and (title := self._name(name)) in wanted:
                yield title, place

    def _members(self, place: int) -> Iterator[tuple[str, int]]:
        info = _TYPE.unpack_from(self._data, place)[1]
        packed = info >> 31  # then the upper byte is a bit field's size
        for index in range(info & 0xFFFF):
            name, its, bits = _MEMBER.unpack_from(self._data, place + _TYPE.size + index * _MEMBER.size)
            offset = (bits & 0xFFFFFF if packed else bits) // 8
            if name:
                yield self._name(name), offset
            else:
                yield from ((inner, offset + more) for inner, more in self._members(self._places[its]))

    def _name(self, offset: int) -> str:
        return self._names[offset : self._names.index(b"\0", offset)].decode()
