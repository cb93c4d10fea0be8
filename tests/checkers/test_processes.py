"""/proc/PID, as recorded with hostile names in it."""

from pathlib import Path

import pytest

from checkers import ReadError, processes

DATA = Path(__file__).parents[1] / "data" / "proc"


def text(name):
    return (DATA / f"{name}.txt").read_bytes().decode("utf-8", "backslashreplace")


def table(kernel="6.12"):
    return {process.name: process for process in processes.parse(text(f"table_{kernel}"))}


@pytest.mark.parametrize("kernel", ["6.1", "6.12"])
def test_names_may_hold_anything(kernel):
    found = table(kernel)

    assert {"a b) (c", "x\ny", "été", "Name:\tfake", "ledgerd"} <= set(found)
    assert found["x\ny"].cmdline == ("/opt/hog", "x\ny", "2", "hold", "/run/ready3")
    assert 0 < found["Name:\tfake"].rss_kb < found["ledgerd"].rss_kb


def test_one_process_in_full():
    ledgerd = table()["ledgerd"]

    assert (
        ledgerd.pid, ledgerd.ppid, ledgerd.state, ledgerd.uid, ledgerd.threads, ledgerd.ns_pids,
    ) == (180, 1, "S", 0, 1, (180,))  # fmt: skip
    assert (
        ledgerd.oom_score, ledgerd.oom_score_adj, ledgerd.cgroup, ledgerd.kernel_thread,
    ) == (392, -500, "/", False)  # fmt: skip
    assert ledgerd.rss_kb == ledgerd.rss_anon_kb + ledgerd.rss_file_kb + ledgerd.rss_shmem_kb == 31400
    assert (ledgerd.start_ticks, ledgerd.swap_kb) == (1152, 0)


def test_arguments_keep_newlines_and_empty_ones():
    nobody = [process for process in processes.parse(text("table_6.12")) if process.uid == 65534]

    assert nobody[0].cmdline == ("sh", "-c", "sleep 2000; :", "an argument\nof two lines", "", "last")
    assert [process.name for process in nobody] == ["sh", "sleep"]


def test_a_process_in_its_own_pid_namespace_has_two_pids():
    (found,) = [process for process in processes.parse(text("table_6.12")) if len(process.ns_pids) == 2]

    assert (found.pid, 1) == found.ns_pids


def test_ancestors_end_with_who_has_no_parent():
    found = processes.parse(text("table_6.12"))
    sleep = next(process for process in found if process.uid == 65534 and process.name == "sleep")
    line = processes.ancestors(found, sleep)

    assert line[0].name == "sh"
    assert line[-1].pid == 1
    assert processes.ancestors(found, line[-1]) == []


def test_kernel_threads_and_zombies_hold_nothing():
    found = processes.parse(text("table_6.12"))
    threads = [process for process in found if process.kernel_thread]
    zombies = [process for process in found if process.state == "Z"]

    assert threads[0].name == "kthreadd"
    assert len(threads) > 40
    assert len(zombies) == 2
    assert all(process.rss_kb == 0 and process.cmdline == () for process in threads + zombies)
    assert "/dead (deleted)" in [process.cgroup for process in zombies]


def test_the_reading_itself_is_left_out():
    raw, found = text("table_6.12"), processes.parse(text("table_6.12"))

    own = int(raw.split("\n", 1)[0].removeprefix("self:"))
    assert f"\n{own}/stat:" in f"\n{raw}"
    assert not [process for process in found if own in (process.pid, process.ppid)]
    assert not [process for process in found if process.name in ("grep", "xargs")]


def test_the_next_victim_is_the_one_with_the_highest_score():
    order = [process.name for process in processes.by_oom_score(table().values())]

    assert order[:3] == ["a b) (c", "inthegroup", "x\ny"]
    assert order[-1] == "ledgerd"
    assert "record" not in order  # oom_score_adj -1000


def test_equal_scores_are_ordered_by_size():
    found = table()
    first, second = found["Name:\tfake"], found["été"]

    assert first.oom_score == second.oom_score
    assert [first, second] == processes.by_oom_score([second, first])


@pytest.mark.parametrize("file", ["stat", "status", "oom_score", "oom_score_adj"])
def test_a_process_that_vanished_while_it_was_read_is_not_there(file):
    lines = [line for line in text("table_6.12").split("\n") if not line.startswith(f"180/{file}:")]

    assert "ledgerd" not in [process.name for process in processes.parse("\n".join(lines))]


def test_a_cut_off_reading_is_an_error():
    with pytest.raises(ReadError, match="seen 'kthre'"):
        processes.parse("self:1\nkthre")
    with pytest.raises(ReadError, match="expected 'self:PID', seen ''"):
        processes.parse("")
    with pytest.raises(ReadError, match=r"/proc/7/stat: not as in proc_pid_stat"):
        processes.parse("self:1\n7/stat:7 (x) S 1 2\n7/status:Uid:\t0\n7/oom_score:1\n7/oom_score_adj:0")


@pytest.mark.parametrize("kernel", ["6.1", "6.12"])
def test_sums_of_mappings(kernel):
    sums = processes.parse_smaps_rollup(text(f"smaps_rollup_{kernel}"))

    assert (sums["Anonymous"], sums.uss_kb) == (30768, 30768)
    assert sums.uss_kb < sums.pss_kb < sums["Rss"]


def test_sums_of_mappings_of_nothing():
    with pytest.raises(ReadError, match=r"expected a line that ends in \[rollup\], seen ''"):
        processes.parse_smaps_rollup("")


def test_sums_of_mappings_of_a_group():
    sums = processes.parse_smaps_rollups(text("smaps_rollups_6.12"))
    parent, *workers = (sums[pid] for pid in (285, 302, 303, 304, 306, 307))

    assert 2 not in sums  # a kernel thread
    assert 99999 not in sums  # nobody
    # Five workers with 6 MiB each, and 28 MiB that all six map: RSS counts those six times, USS never.
    assert sum(one["Rss"] for one in workers) > 5 * 34 * 1024
    assert 58 * 1024 < sum(one.pss_kb for one in [parent, *workers]) < 65 * 1024
    assert all(6 * 1024 <= one.uss_kb < 7 * 1024 for one in workers)
    assert parent.uss_kb < 1024


def test_sums_of_mappings_of_no_group():
    assert processes.parse_smaps_rollups("") == {}
    with pytest.raises(ReadError, match="seen 'Rss: 4 kB'"):
        processes.parse_smaps_rollups("Rss: 4 kB")
