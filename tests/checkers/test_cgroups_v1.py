"""cgroup v1's memory hierarchy, as recorded."""

import math
from pathlib import Path

import pytest

from checkers import NotThere, ReadError, cgroups_v1

DATA = Path(__file__).parents[1] / "data" / "cgroup"


def tree():
    return cgroups_v1.parse((DATA / "v1_tree_6.1.txt").read_text())


def test_the_whole_tree():
    found = tree()

    assert list(found) == ["/", "/idle", "/jobs", "/jobs/nightly", "/jobs/odd tasks:5", "/stuck"]
    assert [len(found[path].procs) for path in ("/idle", "/jobs/nightly", "/stuck")] == [0, 1, 1]
    assert 1 in found["/"].procs


def test_limits():
    jobs, idle = tree()["/jobs"], tree()["/idle"]

    assert (jobs.limit_bytes, jobs.memsw_limit_bytes, jobs.soft_limit_bytes) == (20 << 20, 28 << 20, 8 << 20)
    assert (math.inf, math.inf, math.inf) == (idle.limit_bytes, idle.memsw_limit_bytes, idle.soft_limit_bytes)
    assert (jobs.swappiness, jobs.hierarchical) == (10, True)


def test_what_has_happened_at_a_limit():
    found = tree()

    # Hit where it is, and the kill is counted where the victim lived.
    assert found["/jobs"].failcnt > 0
    assert found["/jobs/nightly"].failcnt == 0
    assert [found[path].oom_kill for path in ("/jobs", "/jobs/nightly")] == [0, 1]
    assert found["/jobs"].max_usage_bytes == 20 << 20
    assert found["/jobs"].stat["total_rss"] >= found["/jobs"].stat["rss"]


def test_who_waits_at_a_limit():
    found = tree()

    assert (found["/stuck"].oom_kill_disable, found["/stuck"].under_oom) == (True, True)
    assert (found["/jobs"].oom_kill_disable, found["/jobs"].under_oom) == (False, False)
    assert found["/stuck"].limit_bytes == found["/stuck"].max_usage_bytes == 6 << 20


def test_a_process_of_two_threads_is_two_tasks():
    nightly = tree()["/jobs/nightly"]

    assert (len(nightly.procs), len(nightly.tasks)) == (1, 2)


def test_one_cgroup_has_its_whole_path():
    (jobs,) = cgroups_v1.parse((DATA / "v1_jobs_6.1.txt").read_text(), "/jobs").values()

    assert (jobs.path, jobs.limit_bytes) == ("/jobs", 20 << 20)


def test_a_cgroup_that_is_not_there_is_the_learners_failure_and_the_others_are_named():
    with pytest.raises(NotThere) as caught:
        cgroups_v1.parse((DATA / "v1_absent_6.1.txt").read_text(), "/nosuch")

    assert "seen: no cgroup /nosuch among: /, /idle, /jobs, /jobs/nightly" in str(caught.value)


def test_a_cgroup_that_vanished_while_the_tree_was_read_is_left_out():
    text = "\n".join(
        line for line in (DATA / "v1_tree_6.1.txt").read_text().split("\n") if not line.startswith("./idle/memory.stat")
    )

    assert "/idle" not in cgroups_v1.parse(text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("here\n./memory.limit_in_bytes", "'./memory.limit_in_bytes'"),
        ("here\n./memory.max:5", "'./memory.max:5'"),
        ("", "no cgroup /x"),
        ("here\n./memory.stat:cache 1\n./memory.failcnt:x", "'x'"),
    ],
)
def test_what_no_kernel_writes_is_named(text, seen):
    with pytest.raises((ReadError, NotThere), match=seen):
        cgroups_v1.parse(text, "/x")
