"""Memory of the whole machine: /proc/meminfo."""

from typing import TYPE_CHECKING, ClassVar

from checkers._amounts import Amounts, parse_lines
from checkers._reading import run

if TYPE_CHECKING:
    from testinfra.host import Host


class MemInfo(Amounts):
    """One reading of /proc/meminfo, by its own names.

    Units: kB (1024 bytes) everywhere but in `HugePages_Total`, `_Free`, `_Rsvd` and `_Surp`, which count
    pages.
    """

    surface: ClassVar[str] = "/proc/meminfo"

    @property
    def total_kb(self) -> int:
        """`MemTotal`, kB: usable RAM, without the kernel's own code and firmware holes."""
        return self["MemTotal"]

    @property
    def free_kb(self) -> int:
        """`MemFree`, kB: pages that nobody uses for anything. Small on a healthy machine."""
        return self["MemFree"]

    @property
    def available_kb(self) -> int:
        """`MemAvailable`, kB: the kernel's estimate of what a new program gets without swapping."""
        return self["MemAvailable"]

    @property
    def used_kb(self) -> int:
        """`MemTotal - MemAvailable`, kB: what `free` of procps 4 calls used.

        Shared memory is in it and in `buff_cache_kb` as well, so used, free and buff/cache add up to more than
        the total. procps 3 subtracted MemFree and buff/cache instead.
        """
        return self["MemTotal"] - self["MemAvailable"]

    @property
    def buffers_kb(self) -> int:
        """`Buffers`, kB: pages of block devices themselves; file systems keep their metadata there."""
        return self["Buffers"]

    @property
    def buff_cache_kb(self) -> int:
        """`Buffers + Cached + SReclaimable`, kB: what `free` calls buff/cache.

        Not all of it can be taken back: shared memory is in `Cached`.
        """
        return self["Buffers"] + self["Cached"] + self["SReclaimable"]

    @property
    def shared_kb(self) -> int:
        """`Shmem`, kB: files on a tmpfs, and shared anonymous memory. No disk stands behind it."""
        return self["Shmem"]

    @property
    def swap_total_kb(self) -> int:
        """`SwapTotal`, kB."""
        return self["SwapTotal"]

    @property
    def swap_used_kb(self) -> int:
        """`SwapTotal - SwapFree`, kB."""
        return self["SwapTotal"] - self["SwapFree"]


def read(host: "Host") -> MemInfo:
    """The machine's memory now.

    >>> before = meminfo.read(host)
    >>> before.available_kb
    179200
    >>> (meminfo.read(host) - before)["Shmem"]
    102400

    Source: proc_meminfo(5). Raises ReadError.
    """
    return parse(run(host, "cat /proc/meminfo", what="/proc/meminfo"))


def parse(text: str) -> MemInfo:
    """The text of /proc/meminfo, or of a note in its form. Raises ReadError naming the line that is none."""
    return MemInfo(parse_lines("/proc/meminfo", text, separator=":"))
