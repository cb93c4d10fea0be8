"""Nodes, where the pages of processes are, and what an OOM report says of nodes."""

import os
from pathlib import Path

import pytest
import testinfra

from checkers import NotThere, ReadError, numa
from checkers.numa import Policy

DATA = Path(__file__).parents[1] / "data" / "numa"


def text(name):
    return (DATA / f"{name}_6.12.txt").read_text()


def test_nodes_of_a_machine():
    nodes = numa.parse(text("nodes"))

    assert [sorted(node.cpus) for node in nodes.values()] == [[0], [1], [], []]
    assert nodes[3].distances == {0: 28, 1: 17, 2: 38, 3: 10}
    assert [nodes[number].nearest() for number in range(4)] == [[0, 2, 1, 3], [1, 3, 0, 2], [2, 0, 1, 3], [3, 1, 0, 2]]
    assert nodes[0].total_kb == 127548
    assert nodes[0].free_kb == 90064
    # Without a CPU nothing is local; yet all of it was a hit.
    assert nodes[2].counters["numa_hit"] == nodes[2].counters["other_node"] == 821
    assert nodes[2].counters["local_node"] == 0


def areas():
    return numa.parse_placements(text("placements"))[-1].areas


def test_a_process_with_a_hostile_name():
    init, threads, actor = numa.parse_placements(text("placements"))

    assert (init.pid, init.name, len(init.areas)) == (1, "busybox", 10)
    assert (threads.name, threads.areas, threads.private_kb()) == ("kthreadd", (), {})
    assert actor.name == r"actor) N2=3\n"
    assert actor.start_ticks == 3467
    assert actor.cpus_allowed == {1}
    assert actor.mems_allowed == {0, 1, 2, 3}


def test_policies():
    found = {area.policy: area.pages for area in areas() if area.policy.mode != "default"}

    assert found[Policy(mode="bind", nodes=frozenset({2}))] == {2: 64}
    assert found[Policy(mode="prefer", nodes=frozenset({3}))] == {3: 65}
    assert found[Policy(mode="interleave", nodes=frozenset({0, 1, 3}))] == {0: 22, 1: 21, 3: 21}
    assert found[Policy(mode="prefer (many)", nodes=frozenset({1, 2, 3}))] == {1: 64}
    assert found[Policy(mode="weighted interleave", nodes=frozenset({0, 2}))] == {0: 48, 2: 16}
    assert found[Policy(mode="local")] == {1: 44}
    flags = {area.policy.flags for area in areas()}
    assert flags == {
        frozenset(words) for words in ((), ("static",), ("relative",), ("balancing",), ("static", "balancing"))
    }


def test_files_and_their_hostile_names():
    actor = numa.parse_placements(text("placements"))[-1]

    assert actor.file_kb(r"/dev/shm/a\040\075file:\040N0\0757\040heap\012N1\0759") == {0: 128, 1: 128}
    assert actor.file_kb("/dev/zero") == {2: 40, 3: 40}
    assert actor.file_kb("/usr/bin/python3.13")[1] > 3000
    assert actor.file_kb("/nowhere") == {}
    (huge,) = (area for area in actor.areas if area.page_kb != 4)
    assert huge.kb == {1: 2048}
    assert [area.kind for area in actor.areas if area.kind] == ["heap", "stack"]


def test_memory_without_a_file():
    actor = numa.parse_placements(text("placements"))[-1]

    private = actor.private_kb()
    assert private[0] == (22 + 48) * 4
    assert private[2] == (64 + 16) * 4
    assert private[3] == (21 + 65) * 4


def test_the_nodes_of_an_oom():
    by_policy, by_cpuset = (numa.parse_shortage(text(name)) for name in ("oom_policy", "oom_cpuset"))

    assert (by_policy.constraint, by_policy.nodemask, by_policy.nodes) == ("CONSTRAINT_MEMORY_POLICY", {2}, {2})
    assert (by_cpuset.constraint, by_cpuset.nodemask, by_cpuset.nodes) == ("CONSTRAINT_CPUSET", None, {2})
    assert (by_policy.cpuset, by_cpuset.cpuset) == ("/", "fares")
    assert by_policy.mems_allowed == {0, 1, 2, 3}
    # Only of the first report, though there are two.
    assert (by_policy.free_kb, by_policy.node_free_kb) == (54987 * 4, {2: 488})
    assert by_policy.free_elsewhere_kb == 54987 * 4 - 488


@pytest.mark.parametrize(("line", "nodes"), [("0", {0}), ("0-2,5", {0, 1, 2, 5}), ("", set())])
def test_lists(line, nodes):
    assert numa.numbers(line) == nodes


@pytest.mark.parametrize("line", ["a", "1-", ",", "0 1"])
def test_what_is_no_list(line):
    with pytest.raises(ReadError, match="expected a list as in 0-1,3"):
        numa.numbers(line)


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("", "no node in"),
        ("node0:7\n", "expected 'nodeN/FILE:LINE'"),
        ("node0/cpulist:0\n", "node0/distance: expected a number for each"),
        ("node0/distance:10 20\n", "node0/distance: expected a number for each"),
        ("node0/distance:10\nnode0/meminfo:Node 0 MemFree: 4 kB\n", "no 'MemTotal'"),
    ],
)
def test_damaged_nodes_are_our_error(damaged, message):
    with pytest.raises(ReadError, match=message):
        numa.parse(damaged)


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("", "expected 'self:PID'"),
        ("self:9\nx\n", "expected 'PID/FILE:LINE'"),
        ("self:9\n7/status:Name:\ta\n7/stat:7 (a) S 1\n", "not as in proc_pid_status"),
    ],
)
def test_damaged_processes_are_our_error(damaged, message):
    with pytest.raises(ReadError, match=message):
        numa.parse_placements(damaged)


@pytest.mark.parametrize(
    "damaged", ["", "7f00", "7f00 default anon=3 N0=x", "7f00 BIND N0=1", "7f00 default N0=1 kernelpagesize_kB=big"]
)
def test_damaged_areas_are_our_error(damaged):
    with pytest.raises(ReadError, match="expected 'ADDRESS POLICY"):
        numa.parse_area(damaged)


def test_no_report_is_our_error():
    with pytest.raises(ReadError, match="no OOM report"):
        numa.parse_shortage("[    1.0] hello\n")


def test_on_this_linux():
    host = testinfra.get_host("local://")

    if Path("/sys/devices/system/node").exists():
        nodes = numa.read(host)
        assert all(node.distances[number] <= 10 for number, node in nodes.items())
    if Path("/proc/self/numa_maps").exists():
        own = numa.placement(host, os.getpid())
        assert own.pid == os.getpid()
        assert sum(own.private_kb().values()) > 1000
        assert own.cpus_allowed
        with pytest.raises(NotThere, match="no process"):
            numa.placement(host, 2**22 + 1)
