"""Where the kernel of one template keeps what: its variables' addresses, and the layout of its structures.

The kernel is asked once, when its template is built and nobody else has been in it. All forks have booted together with
it, so what it said then holds for all of them, whatever a learner does to the kernel's own words about itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from containers import btf
from containers.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "kernel.json"
"""In the template's folder."""
SYSCTLS = {
    "kernel.randomize_va_space": ("randomize_va_space", 4),
    "vm.admin_reserve_kbytes": ("sysctl_admin_reserve_kbytes", 8),
    "vm.compact_unevictable_allowed": ("sysctl_compact_unevictable_allowed", 4),
    "vm.compaction_proactiveness": ("sysctl_compaction_proactiveness", 4),
    "vm.dirty_background_bytes": ("dirty_background_bytes", 8),
    "vm.dirty_background_ratio": ("dirty_background_ratio", 4),
    "vm.dirty_bytes": ("vm_dirty_bytes", 8),
    "vm.dirty_expire_centisecs": ("dirty_expire_interval", 4),
    "vm.dirty_ratio": ("vm_dirty_ratio", 4),
    "vm.dirty_writeback_centisecs": ("dirty_writeback_interval", 4),
    "vm.extfrag_threshold": ("sysctl_extfrag_threshold", 4),
    "vm.max_map_count": ("sysctl_max_map_count", 4),
    "vm.min_free_kbytes": ("min_free_kbytes", 4),
    "vm.oom_dump_tasks": ("sysctl_oom_dump_tasks", 4),
    "vm.oom_kill_allocating_task": ("sysctl_oom_kill_allocating_task", 4),
    "vm.overcommit_kbytes": ("sysctl_overcommit_kbytes", 8),
    "vm.overcommit_memory": ("sysctl_overcommit_memory", 4),
    "vm.overcommit_ratio": ("sysctl_overcommit_ratio", 4),
    "vm.page-cluster": ("page_cluster", 4),
    "vm.panic_on_oom": ("sysctl_panic_on_oom", 4),
    "vm.swappiness": ("vm_swappiness", 4),
    "vm.user_reserve_kbytes": ("sysctl_user_reserve_kbytes", 8),
    "vm.vfs_cache_pressure": ("sysctl_vfs_cache_pressure", 4),
    "vm.watermark_boost_factor": ("watermark_boost_factor", 4),
    "vm.watermark_scale_factor": ("watermark_scale_factor", 4),
    "vm.zone_reclaim_mode": ("node_reclaim_mode", 4),
}
"""sysctl -> the kernel's variable, and its bytes (kernel/sysctl.c, mm/*.c). Those that are kept as they are shown."""
LOG_MEMBERS = {
    "prb_data_blk_lpos.begin", "prb_data_blk_lpos.next", "prb_data_ring.data", "prb_data_ring.size_bits",
    "prb_desc.state_var", "prb_desc.text_blk_lpos", "prb_desc_ring.count_bits", "prb_desc_ring.descs",
    "prb_desc_ring.head_id", "prb_desc_ring.infos", "prb_desc_ring.tail_id", "printk_info.text_len",
    "printk_info.ts_nsec", "printk_ringbuffer.desc_ring", "printk_ringbuffer.text_data_ring",
}  # fmt: skip
"""What `kernel_ring` reads. It is evidence and no witness: a kernel may do without."""
_SYMBOLS = {
    "__per_cpu_offset", "default_hstate_idx", "hstates", "hugetlb_max_hstate", "init_task", "nr_cpu_ids",
    "nr_swap_pages", "nr_swapfiles", "prb", "swap_info", "total_swap_pages", "transparent_hugepage_flags",
    *(symbol for symbol, _ in SYSCTLS.values()),
}  # fmt: skip
_MEMBERS = {
    *LOG_MEMBERS,
    "dentry.d_name", "file.f_path", "hstate.free_huge_pages", "hstate.nr_huge_pages", "hstate.order",
    "hstate.surplus_huge_pages", "list_head.next", "list_head.prev", "mm_rss_stat.count", "mm_struct.pgd",
    "mm_struct.rss_stat", "path.dentry", "percpu_counter.count", "percpu_counter.counters", "qstr.name",
    "signal_struct.oom_score_adj", "swap_info_struct.flags", "swap_info_struct.inuse_pages", "swap_info_struct.pages",
    "swap_info_struct.prio", "swap_info_struct.swap_file", "task_struct.comm", "task_struct.mm", "task_struct.signal",
    "task_struct.tasks", "task_struct.tgid",
}  # fmt: skip
_OPTIONAL = {"mm_rss_stat.count", "prb", *LOG_MEMBERS}
"""The first: of kernels before 6.2, whose counters of pages are plain numbers."""
_SIZES = {"hstate", "percpu_counter", "prb_desc", "printk_info"}
_CONSTANTS = {
    "MM_ANONPAGES", "MM_FILEPAGES", "MM_SHMEMPAGES", "SWP_USED", "SWP_WRITEOK",
    "TRANSPARENT_HUGEPAGE_FLAG", "TRANSPARENT_HUGEPAGE_REQ_MADV_FLAG",
}  # fmt: skip
_LOWEST = 1 << 63
"""Every address of the kernel is above this."""

_VARIABLES = "|".join(sorted(_SYMBOLS))
ASK = (
    f"uname -m && grep -wE '{_VARIABLES}' /proc/kallsyms | grep -v '\\[' && echo END &&"
    " base64 -w0 /sys/kernel/btf/vmlinux"
)
"""What the examiner asks; the pointers are hidden from whoever may not read them."""

QUESTIONS = (ASK, *sorted(_MEMBERS), *sorted(_SIZES), *sorted(_CONSTANTS))
"""All that a template's layout depends on, beside its kernel."""


@dataclass(frozen=True)
class Layout:
    """What a template's kernel has said of itself."""

    bits: int
    """Of its addresses. Nothing else is known where that is not 64."""
    symbols: Mapping[str, int]
    """Addresses of its variables."""
    offsets: Mapping[str, int]
    """`structure.member`, in bytes from the structure's begin."""
    sizes: Mapping[str, int]
    """Of structures, in bytes."""
    constants: Mapping[str, int]
    """Of enumerations."""

    @classmethod
    def parse(cls, said: str) -> Self:
        """What ASK printed. Raises MachineError where that lacks something."""
        import base64

        listed, _, description = said.partition("\nEND\n")
        processor, _, symbols = listed.partition("\n")
        if processor != "x86_64":
            return cls(32, {}, {}, {}, {})
        found = {
            name: int(address, 16) for address, _, name in map(str.split, symbols.splitlines()) if name in _SYMBOLS
        }
        hidden = {name for name, place in found.items() if place < _LOWEST}
        if missing := sorted(_SYMBOLS - _OPTIONAL - found.keys() | hidden):
            raise MachineError(f"the kernel does not say where it has {', '.join(missing)}")
        types = btf.Types(base64.b64decode(description))
        whole = cls(64, found, types.offsets(_MEMBERS), types.sizes(_SIZES), types.constants(_CONSTANTS))
        wanted = (_MEMBERS - _OPTIONAL, _SIZES, _CONSTANTS)
        for names, there in zip(wanted, (whole.offsets, whole.sizes, whole.constants), strict=True):
            if lacking := sorted(names - there.keys()):
                raise MachineError(f"the kernel's types have no {', '.join(lacking)}")
        return whole

    def write(self, folder: Path) -> None:
        """Keep it with the template whose folder this is."""
        (folder / FILE).write_text(json.dumps(asdict(self)))

    @classmethod
    def of(cls, template: Path) -> Self:
        """What was kept. Raises UsageError for a kernel of 32 bits, MachineError where nothing is."""
        try:
            layout = cls(**json.loads((template / FILE).read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise MachineError(
                f"nothing is known of the kernel of template {template.name}: {error}",
                hint="type: ramlab stop --all; ramlab clean     (templates are built anew)",
            ) from error
        if layout.bits != 64:  # noqa: PLR2004
            raise UsageError(
                "this machine's kernel has 32 bits: its page tables are others, and are not read from outside",
                hint="from inside: /proc/PID/pagemap",
            )
        return layout
