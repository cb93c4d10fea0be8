"""OOM kills and their reports, as the kernel log tells them. `kernel_log.oom_kills` reads them from a host.

Source: mm/oom_kill.c; memory.oom.group in the kernel's admin-guide/cgroup-v2.rst; proc_pid_oom_score_adj(5).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Scope = Literal["global", "cgroup"]
PAGE_KB = 4
"""kB in a page on x86-64; the kernel log does not say it."""
_UNLIMITED_KB = 1 << 52
"""A limit that is none is printed as 2^63 bytes less a page, in kB; no machine has half of that."""
NEVER = -1000
"""oom_score_adj of a process that is never chosen (OOM_SCORE_ADJ_MIN)."""


@dataclass(frozen=True, kw_only=True)
class TaskState:
    """A row of a report's table "Tasks state": what the kernel weighed. Units are in the names."""

    pid: int
    uid: int
    tgid: int
    total_vm_pages: int
    rss_pages: int
    pgtables_bytes: int
    swapents_pages: int
    oom_score_adj: int
    name: str
    rss_anon_pages: int | None = None
    """None, as the two below, on kernels that print rss only (6.1)."""
    rss_file_pages: int | None = None
    rss_shmem_pages: int | None = None

    def badness(self, total_pages: int) -> int | None:
        """Give the pages by which the kernel compares; None for a process that is never chosen.

        rss + swap + page tables + oom_score_adj thousandths of `total_pages`: mm/oom_kill.c, oom_badness().
        """
        if self.oom_score_adj == NEVER:
            return None
        used = self.rss_pages + self.swapents_pages + self.pgtables_bytes // (PAGE_KB * 1024)
        return used + self.oom_score_adj * (total_pages // 1000)


@dataclass(frozen=True, kw_only=True)
class OomReport:
    """One "NAME invoked oom-killer" and what follows. The kernel prints no more than ten in five seconds."""

    sequence: int
    """Of the record that begins it."""
    microseconds: int
    invoked_by: str
    """The comm of the process that wanted memory; not the one that dies."""
    order: int
    """2^order pages were wanted; -1 when a person asked for the kill (sysrq f)."""
    oom_score_adj: int
    """Of the process that wanted memory."""
    tasks: tuple[TaskState, ...] = ()
    constraint: str = ""
    """`CONSTRAINT_NONE`, `_CPUSET`, `_MEMORY_POLICY` or `_MEMCG`; empty when the report is cut off."""
    oom_memcg: str | None = None
    """The cgroup whose limit was hit; None when the machine ran out."""
    task_memcg: str = ""
    """The cgroup of the chosen process."""
    victim: int | None = None
    """pid of the chosen process; None when the report is cut off, or when there was nobody to kill."""
    killable: bool = True
    """False when the kernel said that there are no killable processes."""
    amounts_kb: Mapping[str, int] = field(default_factory=dict)
    """kB: `usage`, `limit`, `swap usage`, `swap limit` of a cgroup; `ram`, `swap` of the machine."""

    @property
    def scope(self) -> Scope:
        """`cgroup` when a cgroup hit its limit, `global` when the machine (or a part of it) ran out."""
        return "cgroup" if self.constraint == "CONSTRAINT_MEMCG" or "limit" in self.amounts_kb else "global"

    @property
    def sysrq(self) -> bool:
        """Whether a person asked for the kill."""
        return self.order == -1

    @property
    def total_pages(self) -> int:
        """Pages that oom_score_adj is a share of: RAM and swap, or a cgroup's limits, no limit counting 0."""
        kinds = ("limit", "swap limit") if self.scope == "cgroup" else ("ram", "swap")
        # With no swap limit the machine's swap would count, but the report of a cgroup does not print it.
        sizes = (self.amounts_kb.get(kind, 0) for kind in kinds)
        return sum(size for size in sizes if size < _UNLIMITED_KB) // PAGE_KB

    def candidates(self) -> list[TaskState]:
        """List the processes that could be chosen, the one the kernel prefers first.

        >>> [(task.name, task.rss_pages) for task in report.candidates()]
        [('reportgen', 33149), ('ledgerd', 10270)]
        """
        total = self.total_pages
        points = [(task.badness(total), place, task) for place, task in enumerate(self.tasks)]
        # Of equals the kernel takes the last that it meets: only a smaller one is passed over.
        killable = sorted(((p, place, t) for p, place, t in points if p is not None), key=lambda x: (-x[0], -x[1]))
        return [task for _, _, task in killable]


@dataclass(frozen=True, kw_only=True)
class OomKill:
    """One process that the OOM killer ended. Units are in the names."""

    sequence: int
    microseconds: int
    """Since boot, on the kernel's monotonic clock."""
    pid: int
    """In the initial pid namespace."""
    name: str
    """comm: at most 15 bytes, chosen by the process itself."""
    uid: int
    total_vm_kb: int
    anon_rss_kb: int
    file_rss_kb: int
    shmem_rss_kb: int
    pgtables_kb: int
    oom_score_adj: int
    scope: Scope
    """`global`: the machine (or a part of it) ran out; `cgroup`: a cgroup hit its limit."""
    allocating_task: bool = False
    """Chosen because vm.oom_kill_allocating_task is set and it wanted memory."""
    group: str | None = None
    """The cgroup that died as a whole, because its memory.oom.group is set; None for a kill of one
    process."""
    report: OomReport | None = None
    """None when the kernel suppressed the report, or the log has lost it."""

    @property
    def constraint(self) -> str | None:
        """`CONSTRAINT_NONE`, `_CPUSET`, `_MEMORY_POLICY` or `_MEMCG`; None without a report."""
        return (self.report and self.report.constraint) or None

    @property
    def oom_memcg(self) -> str | None:
        """The cgroup whose limit was hit; None for a global kill, and without a report."""
        return self.report.oom_memcg if self.report else None

    @property
    def task_memcg(self) -> str | None:
        """The cgroup of the process that was chosen; None for others of its group, and without a report."""
        return self.report.task_memcg if self.report and self.report.victim == self.pid else None

    @property
    def invoked_by(self) -> str | None:
        """The comm of the process that wanted memory; None without a report."""
        return self.report.invoked_by if self.report else None
