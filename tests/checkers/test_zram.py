"""zram devices, as /sys/block/zram* tells of them."""

from pathlib import Path

import pytest
import testinfra

from checkers import ReadError, zram

DATA = Path(__file__).parents[1] / "data" / "zram"


def text(name):
    return (DATA / f"{name}_6.12.txt").read_text()


def test_one_that_is_in_use_and_one_that_is_not():
    first, second = zram.parse(text("two"))

    assert (first.path, first.algorithm, first.disksize_kb) == ("/dev/zram0", "zstd", 16384)
    assert {"lz4", "lz4hc", "zstd"} <= set(first.algorithms)
    # 8 MiB that compress to a quarter, and 2 MiB of one repeated word, which count and take nothing.
    assert first.original_bytes == 10 << 20
    assert 4 < first.ratio < 5
    assert first.compressed_bytes < first.used_bytes < first.original_bytes
    assert first.same_pages == 512
    assert (second.path, second.disksize_kb, second.ratio) == ("/dev/zram1", 0, 0)


def test_none():
    assert zram.parse("") == []


def test_one_that_vanished_meanwhile_is_left_out():
    assert zram.parse("zram0/comp_algorithm:[lz4]\n") == []


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("loop0/disksize:0\n", "expected 'zram0/FILE:VALUE'"),
        ("zram0/disksize:0\n", "zram0: not as in the kernel's zram.rst"),
        ("zram0/disksize:0\nzram0/comp_algorithm:lz4\nzram0/mm_stat:0 0 0 0 0 0\n", "zram0: not as"),
        ("zram0/disksize:0\nzram0/comp_algorithm:[lz4]\nzram0/mm_stat:0 0\n", "zram0: not as"),
    ],
)
def test_damaged_files_are_our_error(damaged, message):
    with pytest.raises(ReadError, match=message):
        zram.parse(damaged)


def test_on_this_linux():
    devices = zram.read(testinfra.get_host("local://"))

    assert {device.path for device in devices} == {f"/dev/{path.name}" for path in Path("/sys/block").glob("zram*")}
