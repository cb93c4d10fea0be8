"""06: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine
WEIGHTS = "/sys/kernel/mm/mempolicy/weighted_interleave"


def test_what_the_readme_suggests(terminal):
    screen = terminal("06_numa")

    note = screen.run("cat /root/note.txt")
    home = re.search(r"It belongs on node ([01])", note)[1]
    other = str(1 - int(home))
    hardware = screen.run("numactl --hardware")
    assert "available: 2 nodes (0-1)" in hardware
    assert re.search(r"0: +10 +20\s+1: +20 +10", hardware)
    # Where signald's memory is, and where it runs.
    near, far = by_node(screen.run("numastat -p signald | grep '(signald)'"), home, other)
    assert far > 16 > near
    allowed = screen.run("grep allowed_list /proc/$(pgrep -x signald)/status")
    assert re.search(rf"Cpus_allowed_list:\s+{home}\s+Mems_allowed_list:\s+0-1", allowed)
    assert re.search(r"numa_hit +\d+ +\d+", screen.run("numastat"))
    assert re.search(r"MemFree +[\d.]+ +[\d.]+", screen.run("numastat -m | head -12"))
    assert "policy: default" in screen.run("numactl --show")
    assert re.search(r"numa_hint_faults \d+", screen.run("grep numa_ /proc/vmstat"))
    assert "numa_balancing = 1" in screen.run("sysctl kernel.numa_balancing")
    assert "node1:1" in screen.run(f"grep . {WEIGHTS}/*")
    assert "membind" in screen.run("cat /etc/service/*/run")
    assert "tmpfs" in screen.run("mount | grep shm")
    assert re.search(rf"policy: bind(?s:.)*membind: {other}", screen.run(f"numactl --membind={other} numactl --show"))

    assert "all of it on node" in flat(screen.run("workload signal"))
    assert re.search(rf"dev/shm/network.*N{home}=\d+ ", screen.run("grep network /proc/$(pgrep -x mapd)/numa_maps"))
    assert "page by page in turn" in flat(screen.run("workload network"))
    # All of dispatchd is moved, but not its policy.
    screen.run("P=$(pgrep -x dispatchd)")
    screen.run(f"migratepages $P {home} {other}")
    assert f"new affinity list: {other}" in screen.run(f"taskset -pc {other} $P")
    near, far = by_node(screen.run("numastat -p dispatchd | grep '(dispatchd)'"), home, other)
    assert far > 12 > near
    assert f"bind:{home}" in screen.run("grep -m1 anon=[0-9][0-9][0-9][0-9] /proc/$P/numa_maps")
    assert "moving pages changes no policy" in flat(screen.run("workload order"))
    screen.run("mkdir /sys/fs/cgroup/d; cd /sys/fs/cgroup/d")
    screen.run(f"echo {other} > cpuset.mems; echo $P > cgroup.procs; cd")
    assert f"bind:{other}" in screen.run("grep -m1 anon=[0-9][0-9][0-9][0-9] /proc/$P/numa_maps")
    assert "VERDICT" in screen.run("workload order")

    assert "somebody was killed for it" in screen.run("workload replan")
    assert f"CONSTRAINT_MEMORY_POLICY,nodemask={home}" in screen.run("dmesg | grep oom-kill")
    assert screen.run("grep -c oom-kill: /root/oom-report.txt") == "2"
    assert "They live on" in screen.run("workload balance")
    screen.run("pkill -x 'anna|bela|carl|dora|emil|fred'")
    screen.press("man numactl\n")
    screen.wait(r"(?i)numactl\(8\)")
    screen.press("q")
    screen.wait(r"# $")
    screen.leave()


def test_the_machine_with_four_nodes(terminal):
    screen = terminal("06_numa.four")

    full = re.search(r"when node ([0-3])\s+is full", screen.run("cat /root/note.txt"))[1]
    hardware = screen.run("numactl --hardware")
    assert re.findall(r"node (\d) cpus: *$", hardware, re.MULTILINE) == ["2", "3"]
    assert re.search(r"3: +31 +17 +24 +10", hardware)
    filled = screen.run("workload fill")
    assert f"by the policy --preferred={full}" in filled
    assert "seen that memory of recorderd" in screen.run("workload record")
    assert "node3:1" in screen.run(f"grep . {WEIGHTS}/*")
    screen.leave()


def by_node(row, *nodes):
    """MB on each of these nodes, of a row of `numastat -p`: pid, name, nodes, total."""
    numbers = [float(word) for word in row.split()[2:]]
    return [numbers[int(node)] for node in nodes]


def flat(text):
    """Without the breaks of a terminal's lines."""
    return text.replace("\n", "")
