"""pagemap: as recorded (tests/data/record_walk.py), and of a process of this host."""

from pathlib import Path

import pytest

from checkers import NotThere, ReadError, pagemap

DATA = Path(__file__).parents[1] / "data" / "walk"
NAMES = ("written", "read", "untouched", "swapped", "hidden", "high", "huge")


def recorded(levels):
    """The actor's pages by the names that the recorder gave them, which asked in that order."""
    pages = pagemap.parse((DATA / f"pagemap_actor_{levels}-level.txt").read_text())
    return dict(zip(NAMES, pages.values(), strict=True))


@pytest.mark.parametrize("levels", [4, 5])
def test_what_stands_behind_addresses(levels):
    pages = recorded(levels)

    assert {name for name, page in pages.items() if page.present} == set(NAMES) - {"untouched", "swapped"}
    assert {name for name, page in pages.items() if page.swapped} == {"swapped"}
    assert {name for name, page in pages.items() if page.frame is None} == {"untouched", "swapped"}
    assert {name for name, page in pages.items() if page.zero} == {"read"}
    assert {name for name, page in pages.items() if page.exclusive} == {"written", "hidden", "high", "huge"}
    assert pages["written"].mapped == pages["high"].mapped == 1
    assert not any(page.of_file for page in pages.values())
    assert pages["written"].soft_dirty
    assert pages["high"].frame not in (pages["written"].frame, pages["huge"].frame)


@pytest.mark.parametrize(("who", "seen"), [("thread", "no process 2 with"), ("nobody", "no process 4194304 with")])
def test_who_has_no_pages_is_named(who, seen):
    with pytest.raises(NotThere, match=seen):
        pagemap.parse((DATA / f"pagemap_{who}_5-level.txt").read_text())


def test_an_address_that_is_none_is_named():
    with pytest.raises(NotThere, match="nothing there in process 171"):
        pagemap.parse("none 171 18446744073709547520")


@pytest.mark.parametrize("text", ["page 1 2", "page 1 2 3 4", "Traceback"])
def test_anything_else_is_an_error_of_ours(text):
    with pytest.raises(ReadError, match="expected a page"):
        pagemap.parse(text)
