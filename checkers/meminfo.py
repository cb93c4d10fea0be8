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
    """The text of /proc/meminfo. Raises ReadError naming the line that is none."""
    return MemInfo(parse_lines("/proc/meminfo", text, separator=":"))
