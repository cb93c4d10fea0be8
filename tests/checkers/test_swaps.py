"""What lies behind a swap area, and files of a tmpfs that are swapped out; /proc/swaps itself is in test_amounts."""

from pathlib import Path

import pytest

from checkers import ReadError, swaps

DATA = Path(__file__).parents[1] / "data" / "swap"
HEADER = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


def text(name):
    return (DATA / f"{name}_6.12.txt").read_text()


def test_a_swap_file():
    found = swaps.parse_backing(text("backing_file"))

    assert (found.mode, found.uid, found.size_bytes, found.on_root) == (0o640, 65534, 8 << 20, True)
    assert found.allocated_bytes >= 8 << 20


def test_a_swap_device():
    found = swaps.parse_backing(text("backing_device"))

    assert (found.mode, found.uid, found.size_bytes, found.on_root) == (0o600, 0, 0, False)


def test_files_of_a_tmpfs():
    files = {file.path: file for file in swaps.parse_tmpfs_files(text("tmpfs_files"), "/dev/shm/")}

    assert len(files) == 5
    swapped = files["/dev/shm/in swap"]
    assert (swapped.held_kb, swapped.swapped_kb) == (4096, 4096)
    partly = files["/dev/shm/in\nram"]
    assert (partly.held_kb, partly.swapped_kb) == (1024, 764)
    assert (files["/dev/shm/holes"].held_kb, files["/dev/shm/empty"].held_kb) == (0, 0)
    assert files["/dev/shm/below/12 deep"].held_kb == 4


def test_no_such_folder_holds_no_files():
    assert swaps.parse_tmpfs_files("", "/dev/shm") == []
    assert swaps.parse_tmpfs_files("\0", "/dev/shm") == []


@pytest.mark.parametrize("damaged", ["8 a\0\0", "8 a\0\x004096\n4096", "8 a\0b\0\x004096\n4096", "8 a"])
def test_files_that_come_and_go_are_our_error(damaged):
    with pytest.raises(ReadError, match="files in /dev/shm: "):
        swaps.parse_tmpfs_files(damaged, "/dev/shm")


@pytest.mark.parametrize("damaged", ["", "600 0 1 1", "1 600 0 1 1\n1 u=rw 0 1 1"])
def test_a_damaged_answer_of_stat_is_our_error(damaged):
    with pytest.raises(ReadError, match="stat: expected device, mode"):
        swaps.parse_backing(damaged)
