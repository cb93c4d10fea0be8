"""08: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests_for_the_house(terminal):
    screen = terminal("08_cgroups")

    assert "Unknown subsys name 'memory'" in screen.run("mount -t cgroup -o memory memory /mnt")
    both = screen.run("cat /sys/fs/cgroup/cgroup.controllers /sys/fs/cgroup/house/cgroup.subtree_control")
    assert re.search(r"(?m)^memory$", both)
    screen.run("cd /sys/fs/cgroup/house; mkdir try; echo 200M > try/memory.max; echo $$ > try/cgroup.procs")
    assert "0::/house/try" in screen.run("cat /proc/self/cgroup")
    assert "oom_kill 0" in screen.run("grep . try/memory.current try/memory.events")
    assert screen.run("echo $$ > /sys/fs/cgroup/cgroup.procs; rmdir try") == ""
    # No internal processes, and no limits below either.
    assert "Device or resource busy" in screen.run("echo +memory > studio/cgroup.subtree_control")
    assert re.search(r"shmem [1-9]\d+", screen.run("grep -H '^shmem ' $(find . -name memory.stat)"))
    assert "encoderd" in screen.run("ps -eo pid,rss,comm,cgroup | grep house")
    assert "total=" in screen.run("cat studio/memory.pressure")
    screen.run("echo 8M > studio/memory.reclaim")
    assert re.search(r"/\S*studio", screen.run("lscgroup | grep house"))

    screen.press("man cgroups\n")
    screen.wait(r"(?i)cgroups\(7\)")
    screen.press("q")
    screen.wait(r"# $")
    for page in ("cgexec", "cgget", "fincore", "5 proc_pid_cgroup"):
        screen.press(f"man {page}\n")
        screen.wait(rf"(?i){page.split()[-1]}\(\d\)")
        screen.press("q")
        screen.wait(r"# $")
    # memory.low is there, and the quiet one loses its table all the same.
    assert "left when the machine had run short" in screen.run("workload night | tail -n 1").replace("\n", "")
    assert "of its archive were in memory" in screen.run("workload noise | grep ended").replace("\n", "")
    screen.leave()


def test_what_the_readme_suggests_for_the_cellar(terminal):
    screen = terminal("08_cgroups.old")

    screen.run("mkdir /sys/fs/cgroup/memory/mygroup")
    screen.run("echo 200M > /sys/fs/cgroup/memory/mygroup/memory.limit_in_bytes")
    screen.run("echo $$ > /sys/fs/cgroup/memory/mygroup/tasks")
    assert ":memory:/mygroup" in screen.run("cat /proc/self/cgroup")
    assert "memory.limit_in_bytes: 209715200" in screen.run("cgget -r memory.limit_in_bytes mygroup")
    assert re.search(r"memory:/+mygroup", screen.run("lscgroup"))
    assert re.search(r"\bD\S* +mem_cgroup_oom", screen.run("ps -eo pid,stat,wchan:24,comm | grep mem_"))
    assert "under_oom 1" in screen.run("grep . /sys/fs/cgroup/memory/*/memory.oom_control")
    # The printer has no limit yet, and the machine has room.
    assert "alive, and 0 kB of it in swap" in screen.run("workload press printd").replace("\n", "")
    screen.leave()
