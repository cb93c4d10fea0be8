"""Files without a name, as recorded with hostile ones among them; their tmpfs was then unmounted lazily."""

from pathlib import Path

import pytest

from checkers import ReadError, unlinked

RECORDED = (Path(__file__).parents[1] / "data" / "proc" / "unlinked_6.12.txt").read_text()


def test_one_file_in_full():
    clicks, *_ = unlinked.parse(RECORDED)

    assert (clicks.pid, clicks.descriptor, clicks.path, clicks.folder) == (283, 3, "/srv/visits/clicks", "/srv/visits")
    assert (clicks.allocated_kb, clicks.size_kb) == (24612, 24609)
    assert (clicks.file_system, clicks.file_system_kb, clicks.file_system_used_kb) == ("tmpfs", 98304, 24624)


def test_names_may_hold_anything_and_one_that_only_says_deleted_is_not():
    names = [file.path for file in unlinked.parse(RECORDED) if file.pid == 375]

    assert names == [
        "/a\nfile:2 0 8 512 0", "/of nobody (deleted)", "/été", "/root/on disk", "/holes", "/memfd:memfd of mine",
    ]  # fmt: skip


def test_a_file_system_that_is_mounted_nowhere_still_has_its_size():
    found = {file.path: file for file in unlinked.parse(RECORDED)}

    assert (found["/été"].folder, found["/été"].file_system_kb, found["/été"].file_system_used_kb) == ("/", 8192, 5124)
    assert found["/root/on disk"].file_system == "ext2/ext3"
    assert (found["/holes"].allocated_kb, found["/holes"].size_kb) == (1028, 102400)


def test_what_closed_while_it_was_read_is_left_out():
    for kind in ("link", "file", "system"):
        records = [one for one in RECORDED.split("\0") if not one.startswith(f"{kind}:283/")]

        assert 283 not in [file.pid for file in unlinked.parse("\0".join(records))]


def test_nothing_is_an_empty_list_and_anything_else_an_error():
    assert unlinked.parse("") == []
    with pytest.raises(ReadError, match="seen 'link:x/fd/3 /a"):
        unlinked.parse("link:x/fd/3 /a (deleted)\0")
