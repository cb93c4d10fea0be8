"""meminfo, vmstat, swaps, sysctl."""

from pathlib import Path

import pytest

from checkers import ReadError, meminfo, swaps, sysctl, vmstat

DATA = Path(__file__).parents[1] / "data" / "proc"


def text(name):
    return (DATA / f"{name}.txt").read_text()


@pytest.mark.parametrize("kernel", ["6.1", "6.12"])
def test_meminfo(kernel):
    found = meminfo.parse(text(f"meminfo_{kernel}"))

    assert 240_000 < found.total_kb < 300_000
    assert 0 < found.free_kb < found.available_kb < found.total_kb
    assert (found.swap_total_kb, found.swap_used_kb) == (98296, 0)
    assert "Zswapped" in found


def test_a_difference_has_the_same_names():
    before, after = meminfo.parse("Shmem: 4 kB\nGone: 1 kB"), meminfo.parse("Shmem: 102404 kB\nNew: 2 kB")

    assert (after - before)["Shmem"] == 102400
    assert list(after - before) == ["Shmem"]


def test_a_group_kill_of_four_counts_five_in_vmstat():
    before, after = (vmstat.parse(text(f"vmstat_{when}_group_kill_6.12")) for when in ("before", "after"))

    assert (after - before)["oom_kill"] == 5
    assert "oom_kill=5" in repr(after - before)


def test_readings_the_wrong_way_round_are_an_error():
    before, after = (vmstat.parse(text(f"vmstat_{when}_group_kill_6.12")) for when in ("before", "after"))

    with pytest.raises(ReadError, match="vmstat went backwards: pgfault"):
        before - after


def test_a_name_that_is_none_gets_the_nearest():
    found = vmstat.parse(text("vmstat_6.1"))

    with pytest.raises(ReadError, match=r"/proc/vmstat of this kernel has no 'oom_kil'.*\n.*the nearest: oom_kill"):
        found["oom_kil"]


@pytest.mark.parametrize(
    ("damaged", "message"),
    [("", "is empty"), ("MemTotal: 12 MB", "seen 'MemTotal: 12 MB'"), ("MemTotal:", "seen 'MemTotal:'")],
)
def test_a_damaged_file_is_named(damaged, message):
    with pytest.raises(ReadError, match=message):
        meminfo.parse(damaged)


def test_a_reading_cannot_be_changed():
    found = meminfo.parse("MemFree: 1 kB")

    with pytest.raises(TypeError):
        found.values["MemFree"] = 2


def test_swaps():
    first, second = swaps.parse(text("swaps_6.12"))

    assert (
        first.path,
        first.kind,
        first.size_kb,
        first.used_kb,
        first.priority,
    ) == ("/sw", "file", 49148, 0, 5)
    assert (second.path, second.priority) == ("/s\\040w", -2)
    assert swaps.parse(text("swaps_6.12").splitlines()[0]) == []


@pytest.mark.parametrize("damaged", ["", "Filename\n/sw file 1"])
def test_damaged_swaps(damaged):
    with pytest.raises(ReadError, match="/proc/swaps: expected"):
        swaps.parse(damaged)


def test_sysctl():
    names = ("vm.swappiness", "vm.panic_on_oom")

    assert sysctl.parse("vm/swappiness:60\nvm/panic_on_oom:0", names) == {
        "vm.swappiness": 60,
        "vm.panic_on_oom": 0,
    }
    with pytest.raises(ReadError, match=r"sysctl vm.panic_on_oom: expected a whole number, seen ''"):
        sysctl.parse("vm/swappiness:60", names)
