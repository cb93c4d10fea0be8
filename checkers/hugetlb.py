"""The pools of huge pages that are set aside: /sys/kernel/mm/hugepages."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_READ = """
cd /sys/kernel/mm/hugepages || exit
LC_ALL=C grep -asH '' hugepages-*/nr_hugepages hugepages-*/*_hugepages
[ $? -lt 126 ] || exit
"""
_LINE = re.compile(r"hugepages-(?P<kb>\d+)kB/(?P<file>\w+):(?P<value>\d+)")


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The huge pages of one size. All but the size are numbers of pages."""

    size_kb: int
    total: int
    """In the pool, used or not: what the kernel has got, which may be fewer than it was asked for."""
    free: int
    """Used by nobody; some of them may be promised."""
    reserved: int
    """Promised to a mapping that has not touched them yet; they are still counted in `free`."""
    surplus: int
    """Of the total, those beyond the reservation: got one by one at need, and given back after use."""
    overcommit: int
    """Up to how many of those there may be."""

    @property
    def persistent(self) -> int:
        """Set aside for good, whoever uses them now."""
        return self.total - self.surplus

    @property
    def available(self) -> int:
        """What a new mapping surely gets."""
        return self.free - self.reserved


def read(host: "Host") -> dict[int, Pool]:
    """The pools by the size of their pages in kB; none is an empty dict.

    >>> hugetlb.read(host)[2048].available
    196

    Source: the kernel's admin-guide/mm/hugetlbpage.rst. Raises ReadError.
    """
    return parse(run(host, _READ, what="/sys/kernel/mm/hugepages"))


def parse(text: str) -> dict[int, Pool]:
    """Lines `hugepages-2048kB/FILE:NUMBER`. Raises ReadError naming the line that is none."""
    pools: dict[int, dict[str, int]] = {}
    for line in filter(None, text.splitlines()):
        match = _LINE.fullmatch(line)
        if not match:
            raise ReadError(f"hugepages: expected 'hugepages-2048kB/FILE:NUMBER', seen {shown(line)}")
        pools.setdefault(int(match["kb"]), {})[match["file"]] = int(match["value"])
    return {kb: _pool(kb, files) for kb, files in sorted(pools.items())}


def _pool(kb: int, files: dict[str, int]) -> Pool:
    try:
        return Pool(
            size_kb=kb,
            total=files["nr_hugepages"],
            free=files["free_hugepages"],
            reserved=files["resv_hugepages"],
            surplus=files["surplus_hugepages"],
            overcommit=files["nr_overcommit_hugepages"],
        )
    except KeyError as missing:
        raise ReadError(f"hugepages-{kb}kB: no {missing}, but {', '.join(sorted(files))}") from None
