"""What the examiner's look says, and what of it is held against whom."""

from dataclasses import replace
from pathlib import Path

import pytest

from containers import witness
from containers.errors import MachineError
from ramlab import witnessing

LOOK = (Path(__file__).parent.parent / "data" / "proc" / "examiners_look_6.12.txt").read_text()


@pytest.fixture
def seen():
    return witnessing.parse(LOOK)


@pytest.fixture
def memory(seen):
    """What is true where nobody lies: nobody of those that looked was there, and kernel threads have no memory."""
    return witness.Testimony(
        sysctls={}, swap_total_kb=0, swap_free_kb=0, swaps=(), thp="never", hugepages={}, standstill=0,
        processes=tuple(
            witness.Process(pid=pid, name=its.name, oom_score_adj=its.oom_score_adj, rss_kb=its.rss_kb)
            for pid, its in seen.processes.items() if its.rss_kb and pid not in seen.own
        ),
    )  # fmt: skip


def test_a_look_has_settings_and_processes(seen):
    assert (seen.facts["sysctls vm.swappiness"], seen.facts["thp"], seen.facts["swaps"]) == (60, "never", set())
    assert (seen.facts["hugepages 2048"], seen.facts["hugepages 1048576"]) == (0, 0)
    assert (seen.processes[1].name, seen.processes[2].name, seen.processes[2].rss_kb) == ("busybox", "kthreadd", 0)
    assert 0 < seen.processes[1].rss_kb < 5000
    names = {seen.processes[pid].name for pid in seen.own}
    assert {"dash", "busybox", "dropbear"} >= names
    assert len(seen.own) == 3


def test_who_agrees_is_not_complained_of(seen, memory):
    assert witnessing.about_processes(seen, memory, memory) == {}


def test_what_changes_between_two_looks_is_no_lie(seen, memory):
    first, *others = memory.processes
    changed = replace(memory, processes=(replace(first, oom_score_adj=7), *others))

    assert witnessing.about_processes(seen, memory, changed) == {}
    assert witnessing.about_processes(seen, changed, changed).keys() == {(first.pid, "called")}


def test_hidden_ones_ghosts_and_sizes_are_named(seen, memory):
    hidden = replace(memory.processes[0], pid=7000)
    with_hidden = replace(memory, processes=(*memory.processes, hidden))
    assert witnessing.about_processes(seen, with_hidden, with_hidden).keys() == {(7000, "hidden")}

    *others, ghost, last = memory.processes
    without = replace(memory, processes=(*others, last))
    assert witnessing.about_processes(seen, without, without).keys() == {(ghost.pid, "ghost")}
    assert witnessing.about_processes(seen, without, memory) == {}  # it was being born

    larger = replace(memory, processes=(*others, replace(ghost, rss_kb=ghost.rss_kb + 9000), last))
    assert witnessing.about_processes(seen, larger, larger).keys() == {(ghost.pid, "size")}
    assert witnessing.about_processes(seen, memory, larger) == {}


def test_a_name_is_bytes_and_may_have_lines():
    stat = "7000/stat:7000 (\udcff) S 1\n7000/stat:x) S 1 7 7 0 -1\n"
    hostile = f"{LOOK}{stat}7000/oom_score_adj:-5\n7000/status:VmRSS:\t     12 kB\n"

    its = witnessing.parse(hostile).processes[7000]

    assert (its.name, its.oom_score_adj, its.rss_kb) == ("\N{REPLACEMENT CHARACTER}) S 1\nx", -5, 12)


@pytest.mark.parametrize("text", ["", "dash: not found\n", LOOK[20:]])
def test_what_is_no_look_is_said_to_be_none(text):
    with pytest.raises(MachineError, match="look began with"):
        witnessing.parse(text)
