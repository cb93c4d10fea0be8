"""What is written and not yet on a disk, and what bounds it: Dirty, Writeback, vm.dirty_*."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers import meminfo, sysctl, vmstat
from checkers._reading import run
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_SETTINGS = (
    "dirty_background_bytes",
    "dirty_background_ratio",
    "dirty_bytes",
    "dirty_expire_centisecs",
    "dirty_ratio",
    "dirty_writeback_centisecs",
)
_READ = f"""\
grep -E '^(Dirty|Writeback):' /proc/meminfo && echo -- &&
grep -E '^nr_dirty_(background_)?threshold ' /proc/vmstat && echo -- &&
cd /proc/sys && LC_ALL=C grep -H '' {" ".join(f"vm/{name}" for name in _SETTINGS)} && getconf PAGESIZE
"""


@dataclass(frozen=True, kw_only=True)
class WriteBack:
    """Pages of files that a crash would lose, and when the kernel does something about them; of the whole machine."""

    dirty_kb: int
    """Written by programs, and not yet under way to a disk."""
    writeback_kb: int
    """Under way; not yet there."""
    threshold_bytes: int
    """Above it the kernel holds writers back until the disks have caught up: what vm.dirty_bytes or vm.dirty_ratio
    come to now. A ratio is of the memory that files could have, not of all memory, and so this moves."""
    background_threshold_bytes: int
    """Above it the kernel writes back without being asked; nobody is held back. At most half of `threshold_bytes`
    where the settings would have it above that."""
    dirty_bytes: int
    """vm.dirty_bytes; 0 where dirty_ratio counts. So with the background's two."""
    dirty_ratio: int
    """Per cent; 0 where dirty_bytes counts."""
    dirty_background_bytes: int
    dirty_background_ratio: int
    dirty_expire_centisecs: int
    """How old a dirty page becomes before it is written back in any case, in 1/100 s."""
    dirty_writeback_centisecs: int
    """How often the kernel looks for such, in 1/100 s; 0 is never."""

    @property
    def unwritten_kb(self) -> int:
        """`Dirty + Writeback`, kB: what is not on a disk."""
        return self.dirty_kb + self.writeback_kb


def read(host: "Host") -> WriteBack:
    """What is not on a disk, the thresholds and the settings, now.

    >>> found = writeback.read(host)
    >>> found.unwritten_kb, found.threshold_bytes >> 20
    (612, 21)

    Source: proc_meminfo(5), proc_vmstat(5), the kernel's admin-guide/sysctl/vm.rst. Raises ReadError.
    """
    return parse(run(host, _READ, what="writeback"))


def parse(text: str) -> WriteBack:
    """Parse lines of meminfo, of vmstat, and of /proc/sys as grep prints them with the page size; `--` is between.

    Raises ReadError naming what is missing.
    """
    parts = text.split("--\n")
    if len(parts) != 3:  # noqa: PLR2004 -- as the script prints
        raise ReadError(f"writeback: expected three parts, seen {len(parts)}")
    amounts, levels = meminfo.parse(parts[0]), vmstat.parse(parts[1])
    settings, _, page = parts[2].strip().rpartition("\n")
    if not page.isdecimal():
        raise ReadError(f"writeback: expected the size of a page, seen {page!r}")
    values = sysctl.parse(settings, tuple(f"vm.{name}" for name in _SETTINGS))
    return WriteBack(
        dirty_kb=amounts["Dirty"],
        writeback_kb=amounts["Writeback"],
        threshold_bytes=levels["nr_dirty_threshold"] * int(page),
        background_threshold_bytes=levels["nr_dirty_background_threshold"] * int(page),
        **{name: values[f"vm.{name}"] for name in _SETTINGS},
    )
