"""pagecache, writeback: as recorded, and on a file of this host."""

import os
from pathlib import Path

import pytest
import testinfra

from checkers import NotThere, ReadError, pagecache, writeback

DATA = Path(__file__).parents[1] / "data" / "pagecache"
PAGE = os.sysconf("SC_PAGESIZE")


def text(name):
    return (DATA / f"{name}_6.12.txt").read_text()


def test_a_file_with_holes_in_the_cache():
    found = pagecache.parse(text("three_runs"), "/srv/shop/stock.db")

    assert (found.path, found.size_bytes, found.page_bytes) == ("/srv/shop/stock.db", 12 << 20, 4096)
    assert (found.pages, found.device) == (3072, (254, 32))
    assert found.runs == ((0, 3), (50, 50), (1000, 1063))
    assert found.resident_pages == 4 + 1 + 64


def test_how_much_of_a_range_is_resident():
    found = pagecache.parse(text("three_runs"), "x")

    assert found.resident_in(0, 3071) == found.resident_pages
    assert (found.resident_in(2, 50), found.resident_in(50, 50), found.resident_in(51, 999)) == (3, 1, 0)
    assert (found.resident_in(1010, 1019), found.resident_in(999, 1000)) == (10, 1)


def test_a_cold_file_and_an_empty_one():
    cold, empty = pagecache.parse(text("cold"), "x"), pagecache.parse(text("empty"), "x")

    assert (cold.pages, cold.resident_pages, cold.runs) == (3072, 0, ())
    assert (empty.pages, empty.resident_pages) == (0, 0)


def test_a_tmpfs_has_no_disk_for_its_device():
    found = pagecache.parse(text("tmpfs"), "/dev/shm/x")

    assert found.device[0] == 0
    assert found.resident_pages == found.pages == 537


@pytest.mark.parametrize(("name", "why"), [("absent", "No such file or directory"), ("folder", "no regular file")])
def test_a_file_that_is_not_there_is_the_learners_failure(name, why):
    with pytest.raises(NotThere, match=f"seen: no file /x: {why}"):
        pagecache.parse(text(name), "/x")


@pytest.mark.parametrize("damaged", ["", "file 1 2", "file 4096 4096 254 32\nrun 1", "file 4096 4096 254 32\nsad"])
def test_a_damaged_answer_is_our_error(damaged):
    with pytest.raises(ReadError, match="page cache of /x: expected a file and its runs"):
        pagecache.parse(damaged, "/x")


def test_on_this_host(tmp_path):
    """What was just written is resident, and asking does not change what was never there."""
    local = testinfra.get_host("local://")
    (tmp_path / "written").write_bytes(b"x" * (3 * PAGE + 1))
    os.truncate(tmp_path / "written", 8 * PAGE)  # the rest are holes that nobody has read
    found = pagecache.read(local, str(tmp_path / "written"))

    assert found.size_bytes == 8 * PAGE
    assert found.resident_in(0, 3) == 4
    assert pagecache.read(local, str(tmp_path / "written")) == found
    with pytest.raises(NotThere):
        pagecache.read(local, str(tmp_path))
    with pytest.raises(NotThere, match="No such file"):
        pagecache.read(local, str(tmp_path / "$(id) '"))


def test_writeback_by_ratios():
    found = writeback.parse(text("writeback_default"))

    assert (found.dirty_ratio, found.dirty_background_ratio) == (20, 10)
    assert (found.dirty_bytes, found.dirty_background_bytes) == (0, 0)
    assert (found.dirty_expire_centisecs, found.dirty_writeback_centisecs) == (3000, 500)
    assert found.unwritten_kb == found.dirty_kb + found.writeback_kb
    assert 10 << 20 < found.threshold_bytes < 30 << 20
    assert found.background_threshold_bytes == pytest.approx(found.threshold_bytes / 2, rel=0.01)


def test_writeback_by_bytes_while_somebody_writes():
    """With a background ratio that comes to more than dirty_bytes, the kernel takes half of dirty_bytes."""
    found = writeback.parse(text("writeback_bytes"))

    assert (found.dirty_bytes, found.dirty_ratio, found.dirty_background_ratio) == (1 << 20, 0, 10)
    assert (found.threshold_bytes, found.background_threshold_bytes) == (1 << 20, 1 << 19)
    assert 0 < found.unwritten_kb <= 1280


def test_writeback_on_this_host():
    found = writeback.read(testinfra.get_host("local://"))

    assert found.background_threshold_bytes < found.threshold_bytes
    assert bool(found.dirty_bytes) != bool(found.dirty_ratio)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_part_that_is_missing_is_our_error(part):
    parts = text("writeback_default").split("--\n")
    parts[part] = ""

    with pytest.raises(ReadError):
        writeback.parse("--\n".join(parts))
    with pytest.raises(ReadError, match="expected three parts, seen 1"):
        writeback.parse("Dirty: 1 kB")
