"""Promises: recorded in lab 10's machine, and a plan of a CommitLimit held against what the kernel then said."""

from pathlib import Path

import pytest

from checkers import ReadError, overcommit

DATA = Path(__file__).parents[1] / "data" / "proc"


def text(name):
    return (DATA / f"{name}.txt").read_bytes().decode("utf-8", "backslashreplace")


def settings():
    return overcommit.parse(text("overcommit_6.12"))


def promises():
    return {promise.name: promise for promise in overcommit.parse_promises(text("promises_6.12"))}


def test_settings_and_sums():
    now = settings()

    assert (now.mode, now.ratio, now.kbytes) == (overcommit.NEVER, 0, 540000)
    assert (now.admin_reserve_kb, now.user_reserve_kb) == (340000, 14236)
    assert (now.total_kb, now.swap_kb) == (472932, 40956)
    assert now.limit_kb == 540000 + 40956
    assert now.room_kb == now.limit_kb - now.committed_kb > 0
    assert now.largest_request_kb == 472932 + 40956


def test_the_limit_as_the_kernel_computes_it():
    now = settings()

    assert now.limit_kb == overcommit.commit_limit_kb(
        now.total_kb, kbytes=now.kbytes, hugetlb_kb=now.hugetlb_kb, swap_kb=now.swap_kb
    )


@pytest.mark.parametrize(
    ("plan", "limit"),
    [
        ({"ratio": 50}, 236464),
        ({"ratio": 50, "hugetlb_kb": 24576}, 224176),
        ({"ratio": 90, "hugetlb_kb": 24576}, 403520),
        ({"kbytes": 300000, "hugetlb_kb": 24576}, 300000),
        ({"kbytes": 300000, "hugetlb_kb": 24576, "swap_kb": 40956}, 340956),
        ({"ratio": 90, "hugetlb_kb": 24576, "swap_kb": 40956}, 444476),
    ],
)
def test_what_the_kernel_said_for_these_settings(plan, limit):
    """Read off /proc/meminfo of a 512 MB machine, Debian's 6.12."""
    assert overcommit.commit_limit_kb(472932, **plan) == limit


def test_reserves_are_for_whom_they_are_for():
    now = settings()

    assert now.allowed_kb(3200, admin=True) == now.limit_kb - 100
    assert now.allowed_kb(3200, admin=False) == now.limit_kb - 100 - 340000
    assert now.allowed_kb(4 << 20, admin=True) == now.limit_kb - 14236


def test_only_what_is_accounted_was_promised():
    found = promises()

    # 52 MiB private and writable; 380 MiB with MAP_NORESERVE; GiB of files and of address space.
    assert 52 << 10 < found["newsletter"].promised_kb < 64 << 10
    assert found["newsletter"].gap_kb > 40 << 10
    for name in ("archive", "seatmapd"):
        assert found[name].promised_kb < 8 << 10
    assert max(found.values(), key=lambda promise: promise.gap_kb).name == "newsletter"


def test_what_mode_2_promised_with_map_noreserve_counts():
    """cashd was started anew in mode 2: its arena counts, its reserved GiB do not."""
    assert 16 << 10 < promises()["cashd"].promised_kb < 40 << 10


def test_the_promises_add_up_to_what_the_kernel_counts():
    """Both were recorded at once; what is missing belongs to files and to who was left out."""
    together = sum(promise.promised_kb for promise in overcommit.parse_promises(text("promises_6.12")))

    assert 0 < settings().committed_kb - together < 8 << 10


def test_names_may_hold_anything():
    assert {"Size: 1 kB", "x\ny"} <= set(promises())


def test_who_reads_is_left_out():
    raw = text("promises_6.12")
    own = int(raw.split("\n", 1)[0].removeprefix("self:"))

    assert f"\n{own}/smaps:" in raw
    assert own not in [promise.pid for promise in overcommit.parse_promises(raw)]


def test_who_ended_meanwhile_is_not_there():
    assert overcommit.parse_promises("self:1\n7/comm:gone\n8/smaps:Size:  4 kB\n8/smaps:VmFlags: rd ac") == []


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("", "expected 'self:PID', seen ''"),
        ("self:1\n7/co", "expected 'PID/FILE:LINE', seen '7/co'"),
        ("self:1\n7/comm:a\n7/smaps:Size:  4 MB", "/proc/7/smaps: not as in"),
    ],
)
def test_a_damaged_reading_is_named(damaged, message):
    with pytest.raises(ReadError, match=message):
        overcommit.parse_promises(damaged)


def test_damaged_settings_are_named():
    with pytest.raises(ReadError, match=r"sysctl vm.overcommit_memory: expected a whole number"):
        overcommit.parse("vm/overcommit_memory:\n\nMemTotal: 1 kB")
