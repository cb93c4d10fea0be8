"""What the memory management has done since boot: /proc/vmstat. Counters are for differences."""

from typing import TYPE_CHECKING, ClassVar, Self

from checkers._amounts import Amounts, parse_lines
from checkers._reading import run
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host


class VmStat(Amounts):
    """One reading of /proc/vmstat, or the difference of two, by the kernel's names.

    Units: events, or pages (4 KiB on x86-64). Names that begin with `nr_` are levels and may fall; the others
    only rise.
    """

    surface: ClassVar[str] = "/proc/vmstat"

    def __sub__(self, earlier: Self) -> Self:
        """What happened between two readings.

        Raises ReadError when the earlier one is the later one, or from another boot: page faults never fall.
        """
        difference = super().__sub__(earlier)
        if "pgfault" in difference and difference["pgfault"] < 0:
            raise ReadError(
                f"vmstat went backwards: pgfault {earlier['pgfault']} and then {self['pgfault']}",
                hint="subtract the earlier reading from the later one, both of one boot of one machine",
            )
        return difference


def read(host: "Host") -> VmStat:
    """The counters now.

    >>> before = vmstat.read(host)
    >>> ...
    >>> (vmstat.read(host) - before)["oom_kill"]
    1

    A group kill (memory.oom.group) counts its chosen victim twice in `oom_kill`: 4 processes give 5.
    Source: proc_vmstat(5); mm/vmstat.c of the kernel for the names. Raises ReadError.
    """
    return parse(run(host, "cat /proc/vmstat", what="/proc/vmstat"))


def parse(text: str) -> VmStat:
    """The text of /proc/vmstat. Raises ReadError naming the line that is none."""
    return VmStat(parse_lines("/proc/vmstat", text))
