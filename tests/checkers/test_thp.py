"""Transparent huge pages, as the kernel's settings and /proc/PID tell of them."""

import os
from pathlib import Path

import pytest
import testinfra

from checkers import ReadError, thp

DATA = Path(__file__).parents[1] / "data" / "thp"
HERE = Path("/sys/kernel/mm/transparent_hugepage")


def text(name):
    return (DATA / f"{name}_6.12.txt").read_text()


def test_settings_of_a_machine():
    found = thp.parse(text("settings"))

    assert (found.enabled, found.defrag) == ("madvise", "madvise")
    assert found.khugepaged["max_ptes_none"] == 511
    assert found.khugepaged["pages_to_scan"] == 4096
    assert {16, 64, 1024, 2048} <= set(found.sizes)


def test_the_word_for_a_size():
    found = thp.parse(text("settings"))

    assert (found.sizes[2048], found.of(2048)) == ("inherit", "madvise")
    assert (found.sizes[64], found.of(64)) == ("always", "always")
    assert found.of(128) == "never"
    assert found.of(7) == "never"


def test_before_there_were_sizes():
    found = thp.parse("enabled:[always] madvise never\ndefrag:always defer [madvise] never\nkhugepaged/defrag:1\n")

    assert found.of(2048) == "always"


def test_who_has_huge_pages():
    found = {user.name: user for user in thp.parse_users(text("users"))}

    stardb, job, forbidden = found["stardb"], found["skymap"], found["atlasd"]
    assert stardb.anon_huge_kb >= 0.85 * stardb.anonymous_kb > 20000
    assert (stardb.may, stardb.hugetlb_kb) == (True, 0)
    assert (job.anon_huge_kb, job.may) == (0, True)
    # What is in the pool is not in the RSS.
    assert forbidden.hugetlb_kb > 12000
    assert (forbidden.anon_huge_kb, forbidden.may) == (0, False)
    assert 100_000 < forbidden.anonymous_kb < forbidden.rss_kb < forbidden.anonymous_kb + 10240


def test_who_reads_is_left_out_and_who_has_no_memory():
    found = thp.parse_users(text("users"))

    assert "grep" not in {user.name for user in found}
    assert "khugepaged" not in {user.name for user in found}
    assert [user.pid for user in found] == sorted(user.pid for user in found)


def test_a_name_that_looks_like_a_line():
    lines = "\n".join(f"7/smaps_rollup:{name}: 0 kB" for name in ("Rss", "Anonymous", "AnonHugePages"))
    hugetlb = "7/smaps_rollup:Private_Hugetlb: 0 kB\n7/smaps_rollup:Shared_Hugetlb: 0 kB"
    (user,) = thp.parse_users(f"self:9\n{lines}\n{hugetlb}\n7/status:Name:\tRss: 5 kB\n7/status:THP_enabled:\t0\n")

    assert (user.name, user.rss_kb, user.may) == ("Rss: 5 kB", 0, False)


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("", "enabled: expected one word in brackets"),
        ("enabled:always madvise never\n", "enabled: expected one word in brackets"),
        ("enabled:[always] [never]\n", "enabled: expected one word in brackets"),
        ("enabled\n", "expected 'FILE:VALUE', seen 'enabled'"),
    ],
)
def test_damaged_settings_are_our_error(damaged, message):
    with pytest.raises(ReadError, match=message):
        thp.parse(damaged)


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("", "expected 'self:PID'"),
        ("self:9\n7/maps:Rss: 0 kB\n", "expected 'PID/FILE:NAME: VALUE'"),
        ("self:9\n7/smaps_rollup:Rss: 0 kB\n7/status:Name: a\n", "Anonymous: expected a number of kB"),
        ("self:9\n7/smaps_rollup:Rss: 4 MB\n7/status:Name: a\n", "Rss: expected a number of kB"),
    ],
)
def test_damaged_sums_are_our_error(damaged, message):
    with pytest.raises(ReadError, match=message):
        thp.parse_users(damaged)


def test_on_this_linux():
    host = testinfra.get_host("local://")
    (own,) = thp.users(host, [os.getpid()])

    assert own.pid == os.getpid()
    assert own.rss_kb >= own.anonymous_kb >= own.anon_huge_kb
    assert thp.users(host, [2**22 + 1]) == []
    if (HERE / "enabled").exists():
        assert thp.read(host).enabled in (HERE / "enabled").read_text()
    else:
        with pytest.raises(ReadError):
            thp.read(host)
