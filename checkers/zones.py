"""Memory by zone: /proc/zoneinfo, /proc/buddyinfo, and the rule by which the kernel sets its watermarks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_READ = """
cat /proc/zoneinfo && echo -- && cat /proc/buddyinfo && echo -- &&
LC_ALL=C grep -sH '' /proc/sys/vm/min_free_kbytes /proc/sys/vm/watermark_scale_factor
"""
_ZONE = re.compile(r"^Node (?P<node>\d+), zone +(?P<name>\w+)\n(?P<facts>(?:(?!Node ).*\n)*)", re.MULTILINE)
_FREE = re.compile(r"^  pages free +(\d+)$", re.MULTILINE)
_FACT = re.compile(r"^        (min|low|high|spanned|managed) +(\d+)$", re.MULTILINE)
_BOOST = re.compile(r"^        boost +(\d+)$", re.MULTILINE)
_PROTECTION = re.compile(r"^        protection: \((\d+(?:, \d+)*)\)$", re.MULTILINE)
_START = re.compile(r"^  start_pfn: +(\d+)$", re.MULTILINE)
_BLOCKS = re.compile(r"Node (\d+), zone +(\w+)((?: +\d+)+) *")
_SETTING = re.compile(r"/proc/sys/vm/(\w+):(\d+)")
_CAPPED = frozenset({"HighMem", "Movable"})
"""Zones that have a small min of their own: what the kernel needs for itself does not come from there."""
_SWAP_CLUSTER_MAX, _MOST_CAPPED = 32, 128


@dataclass(frozen=True, kw_only=True)
class Zone:
    """One zone of one node. Amounts are pages."""

    node: int
    name: str
    """`DMA`, `DMA32`, `Normal`, `HighMem`, `Movable`, `Device`: each kernel has some of these, in this order."""
    free: int
    boost: int
    """What the watermarks are raised by for a while, after pages were taken from blocks of another kind."""
    min: int
    """Below it only who may take the last pages is served, and everybody else has to reclaim."""
    low: int
    """Below it kswapd begins."""
    high: int
    """At it kswapd ends."""
    spanned: int
    """From its first page frame to its last; holes and the kernel itself count."""
    managed: int
    """What the page allocator has to give."""
    protection: tuple[int, ...]
    """How many pages more have to be free for a request that a higher zone could serve, by that zone's place in the
    list; lowmem_reserve in the kernel's source."""
    start: int | None
    """Its first page frame; None where it is empty."""
    blocks: tuple[int, ...]
    """Free blocks of 2^0, 2^1, ... pages. Pages that a CPU has for itself are in none. Empty where the zone is."""

    def pieces(self, order: int) -> int:
        """How many pieces of 2^order pages, each in one, its free blocks hold."""
        return sum(count << (size - order) for size, count in enumerate(self.blocks) if size >= order)


@dataclass(frozen=True, kw_only=True)
class Watermarks:
    """What a zone's watermarks are, or would be; pages."""

    min: int
    low: int
    high: int


@dataclass(frozen=True, kw_only=True)
class Zones:
    """All zones of a machine, and the two settings that their watermarks follow."""

    all: tuple[Zone, ...]
    min_free_kbytes: int
    watermark_scale_factor: int
    """The distance between two watermarks, in 10000ths of the zone; a quarter of min where that is more."""

    def __getitem__(self, name: str) -> Zone:
        """The zone of this name of node 0. Raises ReadError where this kernel has none."""
        return self.of(0, name)

    def of(self, node: int, name: str) -> Zone:
        """The zone of this name of a node. Raises ReadError where there is none."""
        for zone in self.all:
            if (zone.node, zone.name) == (node, name):
                return zone
        has = ", ".join(f"{zone.node} {zone.name}" for zone in self.all)
        raise ReadError(f"zoneinfo: no zone {name} of node {node}; it has {has}")

    def holding(self, frame: int) -> Zone:
        """The zone that a page frame is in. Raises ReadError where none has it.

        >>> zones.read(host).holding(43889).name
        'Movable'
        """
        for zone in self.all:
            if zone.start is not None and zone.start <= frame < zone.start + zone.spanned:
                return zone
        raise ReadError(f"zoneinfo: no zone has the page frame {frame}")

    def protection(self, zone: Zone, against: str) -> int:
        """How many pages of `zone` are kept from requests that could be served from the zone `against`.

        >>> seen.protection(seen["DMA32"], against="Movable")
        150
        """
        places = [one.name for one in self.all if one.node == zone.node]
        return zone.protection[places.index(self.of(zone.node, against).name)]

    def watermarks(
        self, zone: Zone, *, min_free_kbytes: int | None = None, watermark_scale_factor: int | None = None
    ) -> Watermarks:
        """What the kernel would set, were these two settings written now; those that are set where none is given.

        >>> seen.watermarks(seen["DMA32"], min_free_kbytes=5000)
        Watermarks(min=1040, low=1300, high=1560)

        It may differ from what is: a boot computes them before it has given all pages to the allocator, and a boost is
        not in it. Source: __setup_per_zone_wmarks in the kernel's mm/page_alloc.c; before Linux 6.6 Movable was no
        exception where it is not made of HighMem.
        """
        kb = self.min_free_kbytes if min_free_kbytes is None else min_free_kbytes
        factor = self.watermark_scale_factor if watermark_scale_factor is None else watermark_scale_factor
        lowmem = sum(one.managed for one in self.all if one.name not in _CAPPED)
        share = (kb // 4) * zone.managed // lowmem
        least = share
        if zone.name in _CAPPED:
            least = min(max(zone.managed // 1024, _SWAP_CLUSTER_MAX), _MOST_CAPPED)
        distance = max(share >> 2, zone.managed * factor // 10000)
        return Watermarks(min=least, low=least + distance, high=least + 2 * distance)


def read(host: "Host") -> Zones:
    """All zones, their free blocks and the settings, in one round trip.

    >>> zones.read(host)["Normal"].managed
    0

    Source: proc_zoneinfo(5), proc_buddyinfo(5), the kernel's admin-guide/sysctl/vm.rst. Raises ReadError.
    """
    return parse(run(host, _READ, what="/proc/zoneinfo and /proc/buddyinfo"))


def parse(text: str) -> Zones:
    """The text of zoneinfo, of buddyinfo, and `/proc/sys/vm/NAME:NUMBER`; `--` is between. Raises ReadError."""
    parts = text.split("--\n")
    if len(parts) != 3:  # noqa: PLR2004 -- as the script prints
        raise ReadError(f"zones: expected three parts, seen {len(parts)}")
    blocks = _blocks(parts[1])
    found = tuple(_zone(match, blocks) for match in _ZONE.finditer(parts[0]))
    if not found:
        raise ReadError(f"zoneinfo: no line 'Node N, zone NAME', seen {shown(parts[0])}")
    settings = {match[1]: int(match[2]) for line in parts[2].splitlines() if (match := _SETTING.fullmatch(line))}
    names = ("min_free_kbytes", "watermark_scale_factor")
    if missing := [name for name in names if name not in settings]:
        raise ReadError(f"sysctl vm.{missing[0]}: expected a whole number, seen {shown(parts[2])}")
    return Zones(all=found, **{name: settings[name] for name in names})


def _blocks(text: str) -> Mapping[tuple[int, str], tuple[int, ...]]:
    blocks = {}
    for line in filter(None, text.splitlines()):
        match = _BLOCKS.fullmatch(line)
        if not match:
            raise ReadError(f"buddyinfo: expected 'Node N, zone NAME' and numbers, seen {shown(line)}")
        blocks[int(match[1]), match[2]] = tuple(map(int, match[3].split()))
    return MappingProxyType(blocks)


def _zone(match: re.Match[str], blocks: Mapping[tuple[int, str], tuple[int, ...]]) -> Zone:
    node, name, facts = int(match["node"]), match["name"], match["facts"]
    numbers = {fact[1]: int(fact[2]) for fact in _FACT.finditer(facts)}
    free, protection = _FREE.search(facts), _PROTECTION.search(facts)
    if not free or not protection or len(numbers) != 5:  # noqa: PLR2004 -- as the pattern names
        raise ReadError(f"zoneinfo: zone {name} of node {node}: not as Linux writes it, seen {shown(facts[:300], 300)}")
    boost, start = _BOOST.search(facts), _START.search(facts)
    return Zone(
        node=node,
        name=name,
        free=int(free[1]),
        boost=int(boost[1]) if boost else 0,
        **numbers,
        protection=tuple(map(int, protection[1].split(", "))),
        start=int(start[1]) if start and numbers["managed"] else None,
        blocks=blocks.get((node, name), ()),
    )
