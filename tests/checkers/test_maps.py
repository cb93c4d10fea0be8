"""/proc/PID/maps and smaps, as recorded with hostile names in it."""

from pathlib import Path

import pytest

from checkers import ReadError, maps

DATA = Path(__file__).parents[1] / "data" / "proc"


def text(name, kernel="6.12"):
    return (DATA / f"{name}_{kernel}.txt").read_bytes().decode("utf-8", "backslashreplace")


def hostile():
    return maps.parse(text("maps_hostile"))


def test_paths_may_hold_anything():
    (space,) = hostile().values()
    mapped = [one.path for one in space.below("/tmp/host")]

    assert mapped == [
        "/tmp/host/private", "/tmp/host/gone", "/tmp/host/[heap]",
        "/tmp/host/00400000-00401000 r-xp 00000000 fe:00 1 bin", "/tmp/host/\x0b\\x85\\xff",
        "/tmp/host/here", "/tmp/host/x\\012y", "/tmp/host/a b",
    ]  # fmt: skip
    assert space.name == "x\ny) S 1"


def test_a_process_that_is_none_is_not_in_it():
    assert list(hostile()) == [608]


def test_what_was_never_in_a_folder_is_deleted():
    (space,) = hostile().values()
    nowhere = {one.path for one in space.mappings if one.deleted and not one.path.startswith("/tmp")}

    assert nowhere == {"/dev/zero", "/memfd:note"}
    assert all(one.shared and not one.anonymous for one in space.named("/dev/zero"))


def test_one_mapping_in_full():
    (space,) = hostile().values()
    (code,) = [one for one in space.named("/usr/bin/python3.13") if one.executable]

    assert (code.start, code.end, code.size_kb, code.offset) == (0x420000, 0x740000, 3200, 0x20000)
    assert (code.permissions, code.writable, code.shared, code.deleted) == ("r-xp", False, False, False)
    assert (code.device, code.inode, code.amounts) == ("fe:00", 691, None)


def test_an_address_is_in_one_mapping_or_in_none():
    (space,) = hostile().values()
    (heap,) = space.named("[heap]")

    assert space.at(heap.start) == space.at(heap.end - 1) == heap
    assert space.at(heap.end) is None
    assert space.at(heap.start - 1).anonymous  # BSS


def test_personality_tells_who_is_not_randomized():
    found = maps.parse(text("maps_table"))

    assert [space.name for space in found.values() if not space.randomized] == ["pressd", "x\ny) S 1"]
    assert found[359].personality == maps.ADDR_NO_RANDOMIZE


def test_a_replaced_library_is_seen_in_all_who_have_it():
    found = maps.parse(text("maps_table"))
    old = [space.name for space in found.values() if any(one.deleted for one in space.below("/opt/atlas/lib/"))]

    assert old == ["atlasd", "legendd", "painter", "painter", "painter"]


def test_kernel_threads_have_no_mappings_and_the_reading_is_left_out():
    raw, found = text("maps_table"), maps.parse(text("maps_table"))
    own = int(raw.split("\n", 1)[0].removeprefix("self:"))

    assert found[2].name == "kthreadd"
    assert found[2].mappings == ()
    assert f"\n{own}/comm:" in raw
    assert own not in found


def test_smaps_has_the_lines_of_maps_and_what_is_in_each():
    (space,) = maps.parse(text("smaps")).values()
    (heap,) = space.named("[heap]")
    largest = max(space.mappings, key=lambda one: one.size_kb)

    assert space.name == "atlasd"
    assert all(one.amounts["Size"] == one.size_kb for one in space.mappings)
    assert heap.amounts["Rss"] <= heap.size_kb
    assert largest.anonymous
    assert 0 < largest.amounts["Rss"] < largest.size_kb


def test_what_no_kernel_writes_is_an_error():
    with pytest.raises(ReadError, match="expected 'self:PID', seen ''"):
        maps.parse("")
    with pytest.raises(ReadError, match="expected 'PID/FILE:LINE', seen 'kthre'"):
        maps.parse("self:1\nkthre")
    with pytest.raises(ReadError, match="START-END PERMISSIONS"):
        maps.parse("self:1\n7/:\n7/personality:00000000\n7/maps:00400000-0042")
    with pytest.raises(ReadError, match="START-END PERMISSIONS"):
        maps.parse("self:1\n7/:\n7/personality:00000000\n7/smaps:Size: 4 kB")
    with pytest.raises(ReadError, match="/proc/7/personality: expected a number"):
        maps.parse("self:1\n7/:\n7/personality:none")
