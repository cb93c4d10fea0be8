"""512 small pages and a huge one: entries, faults and bloat, as chapter 13 prints them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checkers.errors import ReadError
from ramlab.guide.pictures.svg import LINE, WIDTH, Drawing, size

_PAGE_KB = 4
_HALF = (WIDTH - 22) / 2
_ROWS = 16
"""Of the small pages as they are drawn."""
_COMMAND = re.compile(r"# fill (\d+) (\d+) \d+")
_RESULT = re.compile(r"(\d+) faults, about (\d+) MB, of which (\d+) MB huge")
_SWITCH = re.compile(r"# echo (\w+) > \S+/enabled|.*\[(\w+)\].*")


@dataclass(frozen=True)
class Filled:
    """What `fill` said: one byte in every `step_kb` of `mb` was written."""

    setting: str
    mb: int
    step_kb: int
    faults: int
    rss_mb: int
    huge_mb: int


def parse(text: str) -> tuple[int, list[Filled]]:
    """The size of a huge page in kB, and what each run of `fill` said, in the order of the console."""
    whole = re.search(r"^# cat \S+/hpage_pmd_size\n(\d+)$", text, re.MULTILINE)
    setting, found, asked = "", [], None
    for line in text.splitlines():
        switch, command, result = _SWITCH.fullmatch(line), _COMMAND.fullmatch(line), _RESULT.fullmatch(line)
        if switch:
            setting = switch[1] or switch[2]
        elif command:
            asked = int(command[1]), int(command[2])
        elif result and asked:
            found.append(Filled(setting, *asked, *map(int, result.groups())))
    if not whole or not found:
        raise ReadError("huge_page: no size of a huge page, or nothing that fill said")
    return int(whole[1]) // 1024, found


def draw(text: str) -> tuple[Drawing, list[list[str]]]:
    """Draw both, and what was measured with each."""
    huge_kb, found = parse(text)
    pages = huge_kb // _PAGE_KB
    drawing = Drawing(
        "huge_page",
        f"{pages} small pages, or a huge one",
        f"{size(huge_kb)} are {pages} entries of a page table and as many pages of {size(_PAGE_KB)}, "
        f"or one entry of the PMD and one page. " + " ".join(f"{_said(one)}." for one in found),
    )
    drawing.text(0, 14, f"{size(huge_kb)} of addresses", "strong")
    _small(drawing, 24.0, pages)
    _huge(drawing, 24.0, huge_kb)
    y = 262.0
    for step_kb in sorted({one.step_kb for one in found}):
        y = _measured(drawing, y, [one for one in found if one.step_kb == step_kb]) + 30
    rows = [["setting", "touched", "one byte in every", "faults", "resident", "of it huge"]]
    rows += [
        [one.setting, f"{one.mb} MB", size(one.step_kb), str(one.faults), f"{one.rss_mb} MB", f"{one.huge_mb} MB"]
        for one in found
    ]
    return drawing, rows


def _said(one: Filled) -> str:
    what = f"{one.mb} MB, one byte in every {size(one.step_kb)}, {one.setting}"
    return f"{what}: {one.faults} faults, about {one.rss_mb} MB resident, {one.huge_mb} MB of it huge"


def _small(drawing: Drawing, y: float, pages: int) -> None:
    columns = pages // _ROWS
    cell = _HALF / columns
    drawing.box(1, y, _HALF, 24, "code")
    drawing.text(9, y + LINE, "PMD: 1 entry")
    drawing.arrow(30, y + 24, 30, y + 42)
    drawing.box(1, y + 42, _HALF, 24, "code")
    drawing.text(9, y + 42 + LINE, f"page table: {pages} entries")
    drawing.arrow(30, y + 66, 30, y + 84)
    top = y + 84
    drawing.box(1, top, _HALF, _ROWS * cell, "data")
    down = "".join(f"M {1 + cell * at:g} {top:g} v {_ROWS * cell:g} " for at in range(1, columns))
    across = "".join(f"M 1 {top + cell * at:g} h {_HALF:g} " for at in range(1, _ROWS))
    drawing.line((down + across).rstrip())
    drawing.text(1, top + _ROWS * cell + 16, f"{pages} pages of {size(_PAGE_KB)}", "strong")


def _huge(drawing: Drawing, y: float, huge_kb: int) -> None:
    x = WIDTH - 1 - _HALF
    height = _ROWS * _HALF / (huge_kb // _PAGE_KB // _ROWS)
    drawing.box(x, y, _HALF, 24, "code")
    drawing.text(x + 8, y + LINE, "PMD: 1 entry")
    drawing.arrow(x + 29, y + 24, x + 29, y + 84)
    drawing.text(x + 40, y + 58, "no page table to walk", "small faint")
    drawing.box(x, y + 84, _HALF, height, "anon")
    drawing.text(x, y + 84 + height + 16, f"1 page of {size(huge_kb)}", "strong")


def _measured(drawing: Drawing, y: float, runs: list[Filled]) -> float:
    """Two bars for each run: its faults, and what it has of memory."""
    step_kb = runs[0].step_kb
    drawing.text(0, y, f"{runs[0].mb} MB, one byte written in every {size(step_kb)}", "strong")
    every = step_kb == _PAGE_KB
    most = max((one.faults if every else one.rss_mb) for one in runs) or 1
    for one in sorted(runs, key=lambda one: one.huge_mb):
        amount = one.faults if every else one.rss_mb
        drawing.text(0, y + 21, "huge pages" if one.huge_mb else "small pages", "small")
        drawing.box(82, y + 10, max(1.0, 190 * amount / most), 14, "anon" if one.huge_mb else "data")
        drawing.text(WIDTH - 1, y + 21, f"{one.faults} faults" if every else f"{one.rss_mb} MB resident", anchor="end")
        y += 22
    return y
