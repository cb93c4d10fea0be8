"""What labs may need beyond a shell as root. Which kind of machine has it: `containers.provision`."""

from collections.abc import Iterable

NEEDS = {
    "own_kernel": "a kernel of its own",
    "sysctls": "sysctls and other settings of the kernel that can be written",
    "disks": "disks of its own, beside the first",
    "swap": "swap areas that can be made",
    "thp": "transparent huge pages",
    "cgroup_v1": "the memory controller of cgroup v1",
    "cgroup_v2": "the memory controller of cgroup v2",
    "kernel_log": "the kernel log",
    "resource": "CAP_SYS_RESOURCE, to lower an oom_score_adj",
    "numa_2": "2 NUMA nodes",
    "numa_4": "4 NUMA nodes",
}
"""Name in lab.toml -> in words."""
WRITES = frozenset({"sysctls", "swap"})
"""Who needs one of these changes the kernel for everybody on it."""
VM_HAS = frozenset(NEEDS) - {"cgroup_v1"}
"""What every vm has, or has where its lab's shape says so."""


def writes(needs: Iterable[str]) -> bool:
    """Whether a lab with these needs writes global kernel state."""
    return bool(WRITES & set(needs))
