"""meminfo, as free shows it. The recorded free read the recorded meminfo, mounted over its own."""

from pathlib import Path

import pytest

from checkers import ReadError, meminfo

DATA = Path(__file__).parents[1] / "data" / "proc"


@pytest.fixture
def found():
    return meminfo.parse((DATA / "meminfo_with_tmpfs_6.12.txt").read_text())


@pytest.fixture
def shown():
    """Two tables, of `free -w -k` and of `free -k`: the columns of both by their heads."""
    columns = {}
    lines = (DATA / "free_with_tmpfs_6.12.txt").read_text().splitlines()
    for heads, memory in ((lines[0], lines[1]), (lines[3], lines[4])):
        columns |= dict(zip(heads.split(), map(int, memory.split()[1:]), strict=True))
    return columns


def test_every_column_is_what_free_shows(found, shown):
    assert {
        "total": found.total_kb,
        "used": found.used_kb,
        "free": found.free_kb,
        "shared": found.shared_kb,
        "buffers": found.buffers_kb,
        "cache": found.buff_cache_kb - found.buffers_kb,
        "buff/cache": found.buff_cache_kb,
        "available": found.available_kb,
    } == shown


def test_a_tmpfs_is_in_used_and_in_cache_as_well(found):
    too_much = found.used_kb + found.free_kb + found.buff_cache_kb - found.total_kb

    assert 100_000 < found.shared_kb < too_much


def test_a_note_in_the_form_of_meminfo():
    assert meminfo.parse("anonymous:\t   50608 kB\npage_cache: 48128 kB\n")["anonymous"] == 50608


def test_a_column_whose_line_is_missing_is_our_error():
    with pytest.raises(ReadError, match="has no 'MemAvailable'"):
        _ = meminfo.parse("MemTotal: 1 kB").used_kb
