"""The kernel's own small objects: /proc/slabinfo, /sys/kernel/slab, and the dentries among them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_DENTRIES = "cat /proc/sys/fs/dentry-state"
# find does not go into links to folders, which are the other names of merged caches.
_READ = r"""
cat /proc/slabinfo && echo -- || exit
cd /sys/kernel/slab || exit
find . -mindepth 1 -maxdepth 1 -type l -printf '%f %l\n' && echo -- &&
LC_ALL=C find . -mindepth 2 -maxdepth 2 \( -name object_size -o -name reclaim_account \) -exec grep -asH '' {} +
[ $? -lt 126 ] || exit # Below, it only means that a cache had vanished.
true
"""
_HEADER = re.compile(
    r"slabinfo - version: 2\.\d+\n# name +<active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
)
_ROW = re.compile(r"(\S+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) : tunables +\d+ +\d+ +\d+ : slabdata +(\d+) +(\d+) +\d+.*")
_FILE = re.compile(r"\./(?P<folder>[^/]+)/(?P<file>object_size|reclaim_account):(?P<value>\d+)")
_PAGE = 4096


@dataclass(frozen=True, kw_only=True)
class Cache:
    """One cache of /proc/slabinfo. Sizes are bytes."""

    name: str
    """As slabinfo has it: of merged caches that of the first one."""
    others: tuple[str, ...]
    """Whose objects lie in the same slabs, by the other names that /sys/kernel/slab knows it by."""
    active: int
    """Objects in use. Those that are free in a slab which a CPU has for itself count as in use."""
    objects: int
    """Objects that its slabs have room for."""
    size: int
    """What an object takes."""
    object_size: int
    """What was asked for; the rest is alignment, and what the allocator keeps beside it."""
    per_slab: int
    pages_per_slab: int
    slabs: int
    reclaimable: bool
    """Whether it counts in SReclaimable; that does not mean that an object in use can be reclaimed."""

    @property
    def slab_bytes(self) -> int:
        """The size of one slab."""
        return self.pages_per_slab * _PAGE

    @property
    def lost_per_slab(self) -> int:
        """What nobody has asked for in a full slab."""
        return self.slab_bytes - self.per_slab * self.object_size

    @property
    def bytes(self) -> int:
        """What all its slabs take."""
        return self.slabs * self.slab_bytes


@dataclass(frozen=True, kw_only=True)
class Dentries:
    """Names that the kernel remembers; of the whole machine."""

    total: int
    unused: int
    """Those that nobody uses now: they can be reclaimed, as negative ones can."""
    negative: int
    """Names that are not there, and are remembered as such."""

    @property
    def positive(self) -> int:
        """Names of files that are there, or whose negative entry is in use at this moment."""
        return self.total - self.negative


def read(host: "Host") -> dict[str, Cache]:
    """All caches, by the names that slabinfo has for them. It needs root on the host.

    >>> caches = slab.read(host)
    >>> caches["dentry"].active, caches["dentry"].lost_per_slab
    (21588, 64)
    >>> slab.holding(caches, "UNIX").name
    'PING'

    Source: slabinfo(5); the kernel's Documentation/ABI/testing/sysfs-kernel-slab. Raises ReadError.
    """
    return parse(run(host, _READ, what="/proc/slabinfo and /sys/kernel/slab"))


def holding(caches: Mapping[str, Cache], name: str) -> Cache:
    """Give the cache that has the objects of `name`, whatever slabinfo calls it. Raises ReadError where none has."""
    for cache in caches.values():
        if name == cache.name or name in cache.others:
            return cache
    raise ReadError(f"no cache has objects of the name {name!r}", hint="look in /sys/kernel/slab on the host")


def kmalloc(caches: Mapping[str, Cache], size: int, *, kind: str = "") -> Cache:
    """Give the cache from which kmalloc serves a request of `size` bytes; of a kind: `"rcl"`, `"cg"`.

    >>> slab.kmalloc(caches, 81, kind="rcl").name
    'kmalloc-rcl-96'

    Raises ReadError where none is big enough.
    """
    named = re.compile(rf"kmalloc-{f'{kind}-' if kind else ''}\d+k?")
    fitting = [cache for cache in caches.values() if named.fullmatch(cache.name) and cache.size >= size]
    if not fitting:
        raise ReadError(f"no cache {named.pattern} for {size} bytes", hint="larger requests get whole pages")
    return min(fitting, key=lambda cache: cache.size)


def dentries(host: "Host") -> Dentries:
    """How many names the kernel remembers, now.

    >>> slab.dentries(host).negative
    20838

    Source: the kernel's admin-guide/sysctl/fs.rst; `negative` since Linux 5.0. Raises ReadError.
    """
    return parse_dentries(run(host, _DENTRIES, what="/proc/sys/fs/dentry-state"))


def parse_dentries(text: str) -> Dentries:
    """The line of dentry-state: six numbers. Raises ReadError."""
    numbers = text.split()
    if len(numbers) != 6 or not all(number.isdecimal() for number in numbers):  # noqa: PLR2004 -- as the kernel prints
        raise ReadError(f"dentry-state: expected six numbers, seen {shown(text)}")
    return Dentries(total=int(numbers[0]), unused=int(numbers[1]), negative=int(numbers[4]))


def parse(text: str) -> dict[str, Cache]:
    """The text of slabinfo, lines `NAME FOLDER` of links, and lines `./FOLDER/FILE:NUMBER`; `--` is between.

    Raises ReadError naming what no kernel with SLUB writes.
    """
    parts = text.split("--\n")
    if len(parts) != 3:  # noqa: PLR2004 -- as the script prints
        raise ReadError(f"slab: expected three parts, seen {len(parts)}")
    table, links, files = parts
    if not _HEADER.match(table):
        raise ReadError(f"slabinfo: not of version 2, seen {shown(table[:200])}")
    folders: dict[str, str] = {}
    for line in filter(None, links.splitlines()):
        name, _, folder = line.partition(" ")
        folders[name] = folder
    facts: dict[str, dict[str, int]] = {}
    for line in filter(None, files.splitlines()):
        match = _FILE.fullmatch(line)
        if not match:
            raise ReadError(f"/sys/kernel/slab: expected './FOLDER/FILE:NUMBER', seen {shown(line)}")
        facts.setdefault(match["folder"], {})[match["file"]] = int(match["value"])
    return {cache.name: cache for cache in (_cache(row, folders, facts) for row in table.splitlines()[2:])}


def _cache(row: str, folders: Mapping[str, str], facts: Mapping[str, Mapping[str, int]]) -> Cache:
    match = _ROW.fullmatch(row)
    if not match:
        raise ReadError(f"slabinfo: expected a line of a cache, seen {shown(row)}")
    name = match[1]
    active, objects, size, per_slab, pages, _, slabs = map(int, match.groups()[1:])
    folder = folders.get(name, name)
    seen = facts.get(folder, {})
    return Cache(
        name=name,
        others=tuple(sorted(other for other, place in folders.items() if place == folder and other != name)),
        active=active,
        objects=objects,
        size=size,
        object_size=seen.get("object_size", size),
        per_slab=per_slab,
        pages_per_slab=pages,
        slabs=slabs,
        reclaimable=seen.get("reclaim_account") == 1,
    )
