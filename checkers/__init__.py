"""What may be asked of a machine: a vocabulary over testinfra hosts, for authors of checks.

Every function that reads takes a testinfra host first, reads in one round trip, and returns frozen
dataclasses. It works on any Linux that testinfra reaches (`pytest --hosts=ssh://server`), and needs only sh,
GNU grep, findutils and coreutils there. `waiting` looks until something is so, `judging` says no.
"""

import pytest

_SURFACES = (
    "cgroups",
    "cgroups_v1",
    "hugetlb",
    "judging",
    "kernel_log",
    "kmsg",
    "maps",
    "meminfo",
    "numa",
    "oom",
    "overcommit",
    "pagecache",
    "pagemap",
    "processes",
    "slab",
    "swaps",
    "sysctl",
    "thp",
    "unlinked",
    "vmstat",
    "waiting",
    "writeback",
    "zones",
    "zram",
)
# First, before any of them is imported: an editable install is not rewritten otherwise, and an assert would
# say nothing.
pytest.register_assert_rewrite(*(f"{__name__}.{surface}" for surface in _SURFACES))

from checkers import (  # noqa: E402 - see above
    cgroups,
    cgroups_v1,
    hugetlb,
    judging,
    kernel_log,
    kmsg,
    maps,
    meminfo,
    numa,
    oom,
    overcommit,
    pagecache,
    pagemap,
    processes,
    slab,
    swaps,
    sysctl,
    thp,
    unlinked,
    vmstat,
    waiting,
    writeback,
    zones,
    zram,
)
from checkers.errors import Failure, NotThere, ReadError, RecordsLost  # noqa: E402 - see above

__all__ = [
    "Failure",
    "NotThere",
    "ReadError",
    "RecordsLost",
    "cgroups",
    "cgroups_v1",
    "hugetlb",
    "judging",
    "kernel_log",
    "kmsg",
    "maps",
    "meminfo",
    "numa",
    "oom",
    "overcommit",
    "pagecache",
    "pagemap",
    "processes",
    "slab",
    "swaps",
    "sysctl",
    "thp",
    "unlinked",
    "vmstat",
    "waiting",
    "writeback",
    "zones",
    "zram",
]
