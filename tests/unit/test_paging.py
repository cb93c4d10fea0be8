"""The decoder of page tables, against what real machines had in their memory (tests/data/record_walk.py)."""

import json
from pathlib import Path

import pytest

from containers import paging

WALKS = {
    levels: json.loads((Path(__file__).parents[1] / "data" / "walk" / f"{levels}-level.json").read_text())
    for levels in (4, 5)
}
EVERY = [(levels, name) for levels, walks in WALKS.items() for name in walks]
PRESENT, SWAPPED, FRAME = 1 << 63, 1 << 62, (1 << 55) - 1
"""Bits of /proc/PID/pagemap (proc_pid_pagemap(5))."""
LEAF = "present, writable, user, accessed, dirty, soft-dirty, no-execute"
FLAGS = {
    "written": LEAF,
    "read": "present, user, accessed, no-execute",
    "untouched": "nothing here",
    "swapped": "not present: in swap, area 0, page 1",
    "high": LEAF,
    "huge": f"{LEAF}, large (2 MiB)",
}


def walked(levels, name):
    record = WALKS[levels][name]
    words = {int(place, 16): int(value, 16) for place, value in record["words"].items()}
    return paging.walk(words.__getitem__, int(record["root"], 16), int(record["address"], 16), levels=levels), record


@pytest.mark.parametrize(("levels", "name"), EVERY)
def test_a_walk_ends_where_the_process_itself_saw_its_page(levels, name):
    walk, record = walked(levels, name)
    pagemap = int(record["pagemap"], 16)

    assert [entry.level for entry in walk.entries] == list(range(levels, 1 if name == "huge" else 0, -1))
    assert len(record["words"]) == len(walk.entries)
    if name == "hidden":  # pagemap calls it present; the hardware does not
        assert walk.entries[-1].flags == [f"not present: nobody may touch page frame {pagemap & FRAME:#x}"]
        assert pagemap & PRESENT
    elif pagemap & PRESENT:
        assert walk.physical == (pagemap & FRAME) * paging.PAGE
    else:
        assert walk.physical is None


@pytest.mark.parametrize(("levels", "name"), [(levels, name) for levels, name in EVERY if name in FLAGS])
def test_the_last_entry_in_words(levels, name):
    assert ", ".join(walked(levels, name)[0].entries[-1].flags) == FLAGS[name]


@pytest.mark.parametrize("levels", [4, 5])
def test_where_a_page_lies_in_swap(levels):
    walk, record = walked(levels, "swapped")
    pagemap = int(record["pagemap"], 16)

    assert pagemap & SWAPPED
    assert walk.entries[-1].flags == [f"not present: in swap, area {pagemap & 31}, page {(pagemap & FRAME) >> 5}"]


def test_what_is_read_only_is_the_one_zero_page():
    frames = {int(WALKS[levels]["read"]["pagemap"], 16) & FRAME for levels in WALKS}

    assert all(int(WALKS[levels]["read"]["pagemap"], 16) >> 61 & 1 == 0 for levels in WALKS)  # not of a file
    assert frames.isdisjoint(int(walks["written"]["pagemap"], 16) & FRAME for walks in WALKS.values())


def test_above_47_bits_only_five_levels_reach():
    assert int(WALKS[5]["high"]["address"], 16) == 1 << 50
    assert int(WALKS[4]["high"]["address"], 16) < 1 << 47
    assert walked(5, "high")[0].entries[0].index == 4


def test_indexes_of_an_address():
    address = (1 << 48) + (2 << 39) + (3 << 30) + (4 << 21) + (5 << 12) + 6

    assert [paging.index(address, level) for level in (5, 4, 3, 2, 1)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("address", "four", "five"),
    [
        (0x7FFF_FFFF_F000, True, True),
        (0x8000_0000_0000, False, True),
        (0xFF_FFFF_FFFF_F000, False, True),
        (0x100_0000_0000_0000, False, False),
        (0xFF00_0000_0000_0000, False, True),
        (0xFFFF_8000_0000_0000, True, True),
        (0xFFFF_FFFF_FFFF_FFFF, True, True),
    ],
)
def test_which_addresses_there_are(address, four, five):
    assert (paging.canonical(address, 4), paging.canonical(address, 5)) == (four, five)


def test_a_page_of_a_gibibyte():
    tables = {0x1000: 0x2067, 0x2000: 0x8000_0000_4000_00E7}

    walk = paging.walk(tables.__getitem__, 0x1000, 0x1234_5678, levels=4)

    assert walk.physical == 0x4000_0000 + 0x1234_5678
    assert walk.entries[-1].flags[-1] == "large (1024 MiB)"
    assert [entry.name for entry in walk.entries] == ["PGD", "PUD"]
