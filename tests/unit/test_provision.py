"""What containers have of what labs need, from what they say of themselves."""

import pytest

from containers import needs
from containers.provision import lacks_of

PLAIN = {
    "CapEff": "000001ffffffffff",
    "CapBnd": "000001ffffffffff",
    "uid_map": "0 0 4294967295",
    "cgroup": "cgroup2 rw",
    "disk": "ext4",
    "controllers": "cpuset cpu io memory hugetlb pids rdma misc",
    "limit": "268435456",
    "swap_accounting": "yes",
    "thp": "yes",
    "sysctls": "writable",
    "kmsg": "yes",
    "nodes": "1",
}
"""What a container of Docker 26 on Debian trixie says."""


def test_a_plain_privileged_container_lacks_what_only_a_vm_can_have():
    assert set(lacks_of(PLAIN)) == {"own_kernel", "disks", "cgroup_v1", "numa_2", "numa_4"}
    assert set(lacks_of(PLAIN | {"nodes": "2", "cgroup_v1": "memory"})) == {"own_kernel", "disks", "numa_4"}


@pytest.mark.parametrize(
    ("fact", "lacking", "why"),
    [
        ({"CapEff": f"{0x1FFFFFFFFFF & ~(1 << 24):016x}"}, {"resource"}, "CAP_SYS_RESOURCE"),
        ({"uid_map": "0 100000 65536"}, {"sysctls", "swap", "resource", "kernel_log"}, "rootless"),
        ({"proc_sys": "ro"}, {"sysctls"}, "read-only"),
        ({"disk": "overlay"}, {"swap"}, "overlay"),
        ({"cgroup": "cgroup2 ro"}, {"cgroup_v2"}, "cgroup2 ro"),
        ({"cgroup": "tmpfs rw"}, {"cgroup_v2"}, "tmpfs"),
        ({"controllers": "cpu io"}, {"cgroup_v2"}, "cgroup"),
        ({"limit": "max"}, {"cgroup_v2"}, "no limit holds"),
    ],
)
def test_what_is_missing_has_its_reason(fact, lacking, why):
    lacks = lacks_of(PLAIN | fact)

    assert lacks.keys() - lacks_of(PLAIN).keys() == lacking
    assert all(why in lacks[need] for need in lacking)


@pytest.mark.parametrize("fact", ["kmsg", "thp"])
def test_what_is_not_said_is_not_there(fact):
    facts = {name: value for name, value in PLAIN.items() if name != fact}

    assert {"kmsg": "kernel_log", "thp": "thp"}[fact] in lacks_of(facts)


def test_every_reason_is_about_a_need_that_labs_can_state():
    assert lacks_of(PLAIN | {"uid_map": "0 1 1", "disk": "zfs"}).keys() <= needs.NEEDS.keys()
    assert needs.writes(["thp", "swap"])
    assert not needs.writes(["thp", "own_kernel"])
