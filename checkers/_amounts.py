"""Named numbers of one reading: what meminfo, vmstat, smaps_rollup and memory.stat have in common."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import ClassVar, Self

from checkers.errors import ReadError


@dataclass(frozen=True, repr=False)
class Amounts:
    """Numbers by the names that the kernel gives them."""

    surface: ClassVar[str] = "this reading"
    values: Mapping[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def __getitem__(self, name: str) -> int:
        try:
            return self.values[name]
        except KeyError:
            near = get_close_matches(name, self.values, 3)
            raise ReadError(
                f"{self.surface} of this kernel has no {name!r}; it has {len(self.values)} others",
                hint=f"the nearest: {', '.join(near)}" if near else "look at the file on the host",
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __sub__(self, earlier: Self) -> Self:
        """What changed since an earlier reading; a name that one of both lacks is left out."""
        return type(self)({name: self[name] - earlier[name] for name in self if name in earlier})

    def __repr__(self) -> str:
        """Only what is not zero: a failed assert prints this."""
        said = ", ".join(f"{name}={number}" for name, number in self.values.items() if number)
        return f"{type(self).__name__}({said})"


def parse_lines(surface: str, text: str, *, separator: str | None = None) -> dict[str, int]:
    """Numbers of lines `name number` or `name: number kB`.

    Raises ReadError naming the line that is neither, and when there is none at all.
    """
    values: dict[str, int] = {}
    for line in filter(str.strip, text.splitlines()):
        name, _, rest = line.partition(separator) if separator else line.partition(" ")
        number, _, unit = rest.strip().partition(" ")
        if not number.isdecimal() or unit not in ("", "kB"):
            raise ReadError(f"{surface}: expected a name and a number, seen {line!r}")
        values[name] = int(number)
    if not values:
        raise ReadError(f"{surface} is empty", hint="is this a Linux with /proc and /sys mounted?")
    return values
