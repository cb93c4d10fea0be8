"""What is true of a vm's kernel, read from outside: from its memory, without its help, while it stands still.

Whoever is root in a machine can forge what the examiner is shown, up to the examiner's own memory. Nobody in there can
change what is read here, other than by really changing the kernel's variables: then that is what is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from containers import kernel_ring, tasks
from containers.layout import SYSCTLS, Layout
from containers.outside import standing_still

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from containers.outside import Outside
    from containers.vm import VmMachine

PAGE_KB = 4
_AREAS = 32
"""At most so many swap areas: MAX_SWAPFILES of include/linux/swap.h, and what is left of it is less."""
_NAME = 255
"""Bytes of a file's name at most."""
_COMM = 16
_NO_NODE = (1 << 64) - 1


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process as the kernel's own structures have it."""

    pid: int
    name: str
    oom_score_adj: int
    rss_kb: int
    """Exact, where /proc may lag behind by what each CPU has counted for itself."""


@dataclass(frozen=True, kw_only=True)
class SwapArea:
    """An active swap area."""

    name: str
    """The last part of its path."""
    size_kb: int
    used_kb: int
    priority: int


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Huge pages of one size, in pages."""

    total: int
    free: int
    surplus: int


@dataclass(frozen=True, kw_only=True)
class Testimony:
    """What was read in one standstill."""

    sysctls: Mapping[str, int]
    """By the names of sysctl(8)."""
    swap_total_kb: int
    swap_free_kb: int
    swaps: tuple[SwapArea, ...]
    thp: str
    """`always`, `madvise` or `never`: of /sys/kernel/mm/transparent_hugepage/enabled."""
    hugepages: Mapping[int, Pool]
    """By the pages' size in kB."""
    processes: tuple[Process, ...]
    """Without the kernel's own threads."""
    standstill: float
    """Seconds."""


def look(machine: VmMachine) -> Testimony:
    """Stop the machine, read, and let it run again.

    Raises MachineError where its kernel was in the middle of changing its lists: look again.
    """
    layout = Layout.of(machine.template)
    with standing_still(machine) as (outside, standstill):
        found = facts(outside, layout)
    return Testimony(**found, standstill=standstill.seconds)


def facts(outside: Outside, layout: Layout) -> dict[str, Any]:
    """What a Testimony has, but for how long it took."""
    eye = _Eye(outside, layout)
    return {
        "sysctls": {name: eye.variable(symbol, size) for name, (symbol, size) in SYSCTLS.items()},
        "swap_total_kb": eye.variable("total_swap_pages") * PAGE_KB,
        "swap_free_kb": eye.variable("nr_swap_pages") * PAGE_KB,
        "swaps": tuple(eye.swaps()),
        "thp": eye.thp(),
        "hugepages": dict(eye.pools()),
        "processes": tuple(eye.processes()),
    }


def kernel_log(machine: VmMachine) -> str:
    """The kernel's log, as dmesg(1) would show all of it. Raises MachineError, UsageError for a kernel of 32 bits."""
    layout = Layout.of(machine.template)
    with standing_still(machine) as (outside, _):
        return kernel_ring.text(outside, layout)


class _Eye:
    """Reads variables and structures."""

    def __init__(self, outside: Outside, layout: Layout) -> None:
        self._outside = outside
        self._layout = layout

    def variable(self, symbol: str, size: int = 8) -> int:
        return self._number(self._layout.symbols[symbol], size)

    def swaps(self) -> Iterator[SwapArea]:
        constants = self._layout.constants
        active = constants["SWP_USED"] | constants["SWP_WRITEOK"]
        for number in range(min(self.variable("nr_swapfiles", 4), _AREAS)):
            area = self._number(self._layout.symbols["swap_info"] + 8 * number)
            if not area or self._member(area, "swap_info_struct.flags") & active != active:
                continue
            yield SwapArea(
                name=self._file_name(self._member(area, "swap_info_struct.swap_file")),
                size_kb=self._member(area, "swap_info_struct.pages", 4) * PAGE_KB,
                used_kb=self._member(area, "swap_info_struct.inuse_pages", 4) * PAGE_KB,
                priority=self._member(area, "swap_info_struct.prio", 2, signed=True),
            )

    def thp(self) -> str:
        flags, constants = self.variable("transparent_hugepage_flags"), self._layout.constants
        if flags >> constants["TRANSPARENT_HUGEPAGE_FLAG"] & 1:
            return "always"
        return "madvise" if flags >> constants["TRANSPARENT_HUGEPAGE_REQ_MADV_FLAG"] & 1 else "never"

    def pools(self) -> Iterator[tuple[int, Pool]]:
        for number in range(self.variable("hugetlb_max_hstate", 4)):
            state = self._layout.symbols["hstates"] + number * self._layout.sizes["hstate"]
            size_kb = PAGE_KB << self._member(state, "hstate.order", 4)
            total, free, surplus = (
                self._member(state, f"hstate.{what}_huge_pages") for what in ("nr", "free", "surplus")
            )
            yield size_kb, Pool(total=total, free=free, surplus=surplus)

    def processes(self) -> Iterator[Process]:
        for task in tasks.every(self._outside, self._layout):
            memory = self._member(task, "task_struct.mm")
            if not memory:
                continue
            comm = self._outside.kernel(task + self._layout.offsets["task_struct.comm"], _COMM)
            signal = self._member(task, "task_struct.signal")
            yield Process(
                pid=self._member(task, "task_struct.tgid", 4),
                name=comm.partition(b"\0")[0].decode(errors="replace"),
                oom_score_adj=self._member(signal, "signal_struct.oom_score_adj", 2, signed=True),
                rss_kb=self._rss_pages(memory) * PAGE_KB,
            )

    def _rss_pages(self, memory: int) -> int:
        place, constants = memory + self._layout.offsets["mm_struct.rss_stat"], self._layout.constants
        kinds = [constants[f"MM_{kind}PAGES"] for kind in ("FILE", "ANON", "SHMEM")]
        if "mm_rss_stat.count" in self._layout.offsets:
            return sum(max(0, self._number(place + 8 * kind, signed=True)) for kind in kinds)
        return sum(self._per_cpu_sum(place + self._layout.sizes["percpu_counter"] * kind) for kind in kinds)

    def _per_cpu_sum(self, counter: int) -> int:
        """As percpu_counter_sum() does (lib/percpu_counter.c)."""
        its = self._member(counter, "percpu_counter.counters")
        offsets = self._layout.symbols["__per_cpu_offset"]
        own = sum(
            self._number(its + self._number(offsets + 8 * cpu) & _NO_NODE, 4, signed=True)
            for cpu in range(self.variable("nr_cpu_ids", 4))
        )
        return self._member(counter, "percpu_counter.count", signed=True) + own

    def _file_name(self, file: int) -> str:
        entry = self._member(file + self._layout.offsets["file.f_path"], "path.dentry")
        name = self._member(entry + self._layout.offsets["dentry.d_name"], "qstr.name")
        return self._outside.kernel(name, _NAME).partition(b"\0")[0].decode(errors="replace")

    def _member(self, place: int, member: str, size: int = 8, *, signed: bool = False) -> int:
        return self._number(place + self._layout.offsets[member], size, signed=signed)

    def _number(self, address: int, size: int = 8, *, signed: bool = False) -> int:
        return int.from_bytes(self._outside.kernel(address, size), "little", signed=signed)
