"""cgroup v2, as recorded."""

import math
from pathlib import Path

import pytest

from checkers import NotThere, ReadError, cgroups

DATA = Path(__file__).parents[1] / "data" / "cgroup"


def tree(kernel="6.12"):
    return cgroups.parse((DATA / f"tree_{kernel}.txt").read_text())


@pytest.mark.parametrize("kernel", ["6.1", "6.12"])
def test_the_whole_tree(kernel):
    found = tree(kernel)

    assert list(found) == ["/", "/gone", "/idle", "/jobs", "/jobs/nightly", "/jobs/odd memory.max:5"]
    assert (20 << 20, math.inf, 8 << 20, 4 << 20, 0) == (
        found["/jobs"].max_bytes, found["/jobs"].high_bytes, found["/jobs"].low_bytes,
        found["/jobs"].min_bytes, found["/jobs"].swap_max_bytes,
    )  # fmt: skip
    assert [found[path].oom_group for path in ("/jobs", "/jobs/nightly")] == [False, True]
    assert [found[path].populated for path in ("/jobs", "/idle")] == [True, False]
    assert [len(found[path].procs) for path in ("/jobs", "/jobs/nightly")] == [0, 1]


def test_an_oom_counts_where_the_limit_is_and_a_kill_where_the_victim_lived():
    """One process was killed, as a group: the kernel counts the chosen victim of a group twice."""
    found = tree()

    assert (found["/jobs"].events.oom, found["/jobs/nightly"].events.oom) == (1, 0)
    assert (
        found["/jobs"].events.oom_kill, found["/jobs/nightly"].events.oom_kill,
        found["/jobs"].events.oom_group_kill,
    ) == (2, 2, 1)  # fmt: skip
    assert (found["/jobs"].events.oom_kill, found["/jobs"].events_local.oom_kill) == (2, 0)
    assert found["/jobs"].events.high == 184


def test_sizes_and_stall_times():
    jobs = tree()["/jobs"]

    assert (jobs.current_bytes, jobs.peak_bytes, jobs.swap_current_bytes) == (5394432, 20 << 20, 0)
    assert jobs.stat["anon"] > 4 << 20
    assert jobs.some.total_us == 1396156
    assert jobs.some.avg10 > jobs.some.avg60 > jobs.some.avg300


def test_what_older_kernels_lack_is_none():
    assert (tree("6.1")["/jobs"].swap_peak_bytes, tree("6.12")["/jobs"].swap_peak_bytes) == (None, 0)


def test_the_root_has_no_limits_and_no_counters():
    root = tree()["/"]

    assert (math.inf, None, None, 0) == (
        root.max_bytes,
        root.current_bytes,
        root.peak_bytes,
        root.events.oom_kill,
    )
    assert 1 in root.procs


def test_without_the_controller_nothing_is_limited():
    (group,) = cgroups.parse("here\n./cgroup.stat:nr_descendants 0\n./cgroup.procs:7", "/x").values()

    assert (False, math.inf, 0, False, None) == (
        group.has_memory, group.max_bytes, group.min_bytes, group.oom_group, group.current_bytes,
    )  # fmt: skip


def test_one_cgroup_has_its_whole_path():
    (jobs,) = cgroups.parse((DATA / "jobs_6.12.txt").read_text(), "/jobs").values()

    assert jobs.path == "/jobs"


def test_within_goes_by_whole_names():
    assert cgroups.within("/jobs/nightly", "/jobs")
    assert cgroups.within("/jobs", "/jobs")
    assert cgroups.within("/jobs", "/")
    assert not cgroups.within("/jobs2", "/jobs")
    assert not cgroups.within("/", "/jobs")


def test_limits_above_hold_too():
    assert cgroups.limit_bytes(tree(), "/jobs/nightly") == 20 << 20
    assert math.inf == cgroups.limit_bytes(tree(), "/idle")
    with pytest.raises(NotThere):
        cgroups.limit_bytes(tree(), "/jobs/weekly")


def test_a_process_dies_with_the_highest_marked_cgroup():
    text = (DATA / "tree_6.12.txt").read_text()
    both = cgroups.parse(text.replace("./jobs/memory.oom.group:0", "./jobs/memory.oom.group:1"))

    assert cgroups.oom_group(tree(), "/jobs/nightly") == "/jobs/nightly"
    assert cgroups.oom_group(both, "/jobs/nightly") == "/jobs"
    assert cgroups.oom_group(tree(), "/jobs") is None
    with pytest.raises(NotThere):
        cgroups.oom_group(tree(), "/jobs/weekly")


def test_a_cgroup_that_is_not_there_is_the_learners_failure_and_the_others_are_named():
    with pytest.raises(AssertionError) as caught:
        cgroups.parse((DATA / "absent_6.12.txt").read_text(), "/nosuch")

    assert "seen: no cgroup /nosuch among: /, /gone, /idle, /jobs, /jobs/nightly" in str(caught.value)
    assert "next: mkdir it" in str(caught.value)


def test_a_cgroup_that_vanished_while_the_tree_was_read_is_left_out():
    text = (DATA / "tree_6.12.txt").read_text().replace("./gone/cgroup.stat:", "./idle/cgroup.stat:")

    assert "/gone" not in cgroups.parse(text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("here\n./memory.max", "'./memory.max'"),
        ("", "no cgroup /x"),
        ("here\n./cgroup.stat:a 1\n./memory.max:x", "'x'"),
    ],
)
def test_what_no_kernel_writes_is_named(text, seen):
    with pytest.raises((ReadError, NotThere), match=seen):
        cgroups.parse(text, "/x")


def test_limits_of_other_kinds_hold_from_above_too():
    assert cgroups.limit_bytes(tree(), "/jobs/nightly", "swap.max") == 0
    assert cgroups.limit_bytes(tree(), "/idle", "swap.max") == math.inf


def test_a_protection_is_no_more_than_each_one_above_has():
    text = (DATA / "tree_6.12.txt").read_text()
    below = cgroups.parse(text.replace("./jobs/nightly/memory.low:0", "./jobs/nightly/memory.low:16777216"))

    assert (cgroups.protected_bytes(tree(), "/jobs", "low"), cgroups.protected_bytes(tree(), "/jobs")) == (
        8 << 20,
        4 << 20,
    )
    assert cgroups.protected_bytes(tree(), "/jobs/nightly", "low") == 0
    assert cgroups.protected_bytes(below, "/jobs/nightly", "low") == 8 << 20
    # The root has no such file, and takes nothing away.
    assert cgroups.protected_bytes(tree(), "/") == 0
    with pytest.raises(NotThere):
        cgroups.protected_bytes(tree(), "/jobs/weekly")
