"""What the image promises to labs and learners."""

import pytest

from containers import backend
from containers.image import build

TOOLS = [
    "awk", "bash", "busybox", "choom", "dmesg", "dropbear", "fallocate", "fincore", "free", "htop", "ip",
    "kill", "less", "lsmod", "man", "migratepages", "mkswap", "modprobe", "mpstat", "nano", "numactl",
    "numastat", "pidstat", "pmap", "prlimit", "ps", "pstree", "python3", "runsv", "runsvdir", "sar",
    "setarch", "slabtop", "smem", "strace", "sv", "swapoff", "swapon", "sysctl", "top", "unshare", "vi",
    "vmstat", "vmtouch", "watch", "zramctl", "answer", "tasks", "workload", "learner-world",
]  # fmt: skip
PAGES = [
    "proc.5",
    "swapon.8",
    "mkswap.8",
    "free.1",
    "vmstat.8",
    "choom.1",
    "sysctl.8",
    "dmesg.1",
    "numactl.8",
    "smem.8",
    "sv.8",
    "mmap.2",
    "cgroups.7",
]


@pytest.fixture(scope="module")
def host():
    from containers import machines
    from containers.shape import Shape

    from .conftest import unique_name

    machine = machines.start(unique_name("image"), Shape())
    yield backend.host_of(machine.learner)
    machine.stop()


def test_every_tool_is_there(host):
    missing = host.run(f"for tool in {' '.join(TOOLS)}; do command -v $tool >/dev/null || echo $tool; done").stdout
    assert missing.split() == []


def test_every_man_page_opens(host):
    command = "do man -w ${page##*.} ${page%.*} >/dev/null 2>&1 || echo $page; done"
    assert host.run(f"for page in {' '.join(PAGES)}; {command}").stdout.split() == []
    assert "swap" in host.run("man 8 swapon | cat").stdout


def test_the_kernel_is_debians_full_one(host):
    config = host.run("cat /boot/config-$(uname -r)").stdout
    for option in ("ZSWAP", "MEMCG", "NUMA_EMU", "LRU_GEN_ENABLED", "KSM", "PSI"):
        assert f"CONFIG_{option}=y" in config


@pytest.mark.parametrize("module", ["zram", "loop", "overlay", "btrfs", "xfs"])
def test_modules_that_labs_load_are_there(host, module):
    assert host.run(f"modprobe {module}").rc == 0


def test_nothing_of_the_builder_is_inside(host):
    assert host.run("cat /etc/resolv.conf").stdout == ""
    import socket

    assert socket.gethostname() not in host.run("cat /etc/hostname /etc/hosts").stdout


def test_drivers_of_real_hardware_are_not(host):
    assert int(host.run("du -sm /usr/lib/modules | cut -f1").stdout) < 60


def test_the_notebook_for_answers(host):
    assert host.run("answer victim 'the leaker'").stdout == "noted: victim = the leaker\n"
    assert host.run("answer").stdout == "victim = the leaker\n"
    assert host.run("answer ../x 1").rc == 2
    assert host.run("answer victim").rc == 2


def test_the_recipe_names_what_it_installs():
    assert "dropbear-bin" in build.packages()
    assert len(build.recipe_key()) == 16
