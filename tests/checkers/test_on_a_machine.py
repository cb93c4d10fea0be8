"""The vocabulary at the examiner's door of a real machine, against a learner who is root at the other one."""

import os

import pytest

from checkers import NotThere, RecordsLost, cgroups, kernel_log, processes, swaps, sysctl, vmstat
from containers import backend, machines
from containers.shape import Shape

pytestmark = pytest.mark.machine

FORGED = (
    "Out of memory: Killed process 777 (ledgerd) total-vm:1kB, anon-rss:1kB, file-rss:1kB, shmem-rss:0kB,"
    " UID:0 pgtables:1kB oom_score_adj:0"
)
# A shell and its child enter /jobs; python3 takes three times what the limit allows.
GROUP = """\
cd /sys/fs/cgroup && echo +memory >cgroup.subtree_control && mkdir -p jobs
echo 20M >jobs/memory.max; echo 1 >jobs/memory.oom.group
sh -c 'echo $$ >jobs/cgroup.procs; sleep 1000 & python3 -c "bytearray(60 << 20)"; exit 0'
"""


@pytest.fixture(scope="module")
def machine():
    started = machines.start(f"checkers@test-{os.getpid()}", Shape())
    yield started
    started.stop()


@pytest.fixture
def host(machine):
    return backend.host_of(machine.examiner)


def test_a_group_kill_is_seen_whole_whatever_the_learner_does_to_dmesg(machine, host):
    cursor, before = kernel_log.cursor(host), vmstat.read(host)
    machine.learner.run(f"{GROUP}\necho '<0>{FORGED}' >/dev/kmsg; dmesg -n 1; dmesg -C")
    kills = kernel_log.oom_kills(host, since=cursor)

    assert sorted(kill.name for kill in kills) == ["python3", "sh", "sleep"]
    assert {(kill.scope, kill.oom_memcg, kill.group) for kill in kills} == {("cgroup", "/jobs", "/jobs")}
    # The chosen victim of a group counts twice, in both.
    assert (vmstat.read(host) - before)["oom_kill"] == 4
    jobs = cgroups.read(host, "/jobs")
    assert (jobs.max_bytes, jobs.oom_group, jobs.populated) == (20 << 20, True, False)
    assert (jobs.events.oom_kill, jobs.events.oom_group_kill) == (4, 1)


def test_a_log_that_the_learner_flooded_proves_nothing(machine, host):
    cursor = kernel_log.cursor(host)
    # The ring has 128 kB; the rate of what processes write is limited until they say otherwise.
    machine.learner.run(
        "echo on >/proc/sys/kernel/printk_devkmsg; line=$(printf %0900d 0);"
        " for i in $(seq 400); do echo $line >/dev/kmsg; done"
    )

    with pytest.raises(RecordsLost, match="seen: a kernel log that wrapped"):
        kernel_log.oom_kills(host, since=cursor)


def test_the_table_is_of_all_processes_of_the_machine(machine, host):
    machine.learner.run("sleep 4321 >/dev/null 2>&1 & echo 500 >/proc/$!/oom_score_adj")
    table = processes.table(host)
    sleeper = next(process for process in table if process.cmdline == ("sleep", "4321"))

    assert table[0].pid == 1
    assert processes.by_oom_score(table)[0] == sleeper
    assert processes.named(host, "sleep") == [sleeper]
    assert sysctl.read(host, "vm.panic_on_oom") == {"vm.panic_on_oom": 0}


def test_what_lies_behind_swap_is_the_learners(machine, host):
    machine.learner.run(
        "fallocate -l 8M '/an area' && chmod 604 '/an area' && mkswap -q '/an area' && swapon '/an area';"
        " mkdir /dev/shm/own && head -c 8192 /dev/zero > /dev/shm/own/file"
    )
    (area,) = swaps.read(host)
    behind = swaps.backing(host, area)

    assert (area.path, behind.mode, behind.size_bytes) == (r"/an\040area", 0o604, 8 << 20)
    assert [found.held_kb for found in swaps.tmpfs_files(host, "/dev/shm/own")] == [8]
    assert swaps.tmpfs_files(host, "/dev/shm/none") == []
    machine.learner.run("swapoff '/an area'; rm '/an area'")
    with pytest.raises(NotThere, match="which is an active swap area"):
        swaps.backing(host, area)
