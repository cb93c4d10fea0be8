"""How an address becomes a place in memory, from walks that were recorded on machines of 4 and 5 levels."""

from __future__ import annotations

import json

from containers import paging
from ramlab.guide.pictures.svg import LINE, WIDTH, Drawing

_STEP = 58.0


def draw(four: str, five: str) -> tuple[Drawing, list[list[str]]]:
    """Draw the walk to the page `written` of both, the one with 5 levels in short."""
    walks = [_walk(four, 4), _walk(five, 5)]
    drawing = Drawing(
        "page_table_walk",
        "A page-table walk with 4 levels, and with 5",
        " ".join(
            f"With {len(one.entries)} levels: virtual address {one.virtual:#x}; "
            + ", then ".join(f"entry {step.index} of the {step.name}" for step in one.entries)
            + f"; physical address {one.physical:#x}."
            for one in walks
        ),
    )
    y = _bits(drawing, 14.0, walks[0])
    y = _long(drawing, y + 8, walks[0])
    drawing.line(f"M 0 {y + 14} H {WIDTH}", "dashed")
    y = _bits(drawing, y + 38, walks[1])
    _short(drawing, y + 8, walks[1])
    rows = [["levels", "table", "bits", "index", "entry at", "entry", "what it says"]]
    rows += [
        [str(len(one.entries)), step.name, _range(step.level), str(step.index), f"{step.place:#x}",
         f"{step.value:#018x}", ", ".join(step.flags)]
        for one in walks for step in one.entries
    ]  # fmt: skip
    return drawing, rows


def _walk(text: str, levels: int) -> paging.Walk:
    one = json.loads(text)["written"]
    words = {int(place, 16): int(word, 16) for place, word in one["words"].items()}
    return paging.walk(words.__getitem__, int(one["root"], 16), int(one["address"], 16), levels=levels)


def _range(level: int) -> str:
    low = 12 + 9 * (level - 1)
    return f"{low + 8}-{low}"


def _bits(drawing: Drawing, y: float, walk: paging.Walk) -> float:
    """The address, cut into what chooses an entry in each table."""
    drawing.text(0, y, f"{len(walk.entries)} levels. Virtual address {walk.virtual:#x}", "strong")
    cells = [(one.name, _range(one.level), str(one.index), "code") for one in walk.entries]
    cells.append(("offset", "11-0", str(walk.virtual % paging.PAGE), "none"))
    width = (WIDTH - 2) / len(cells)
    for number, (name, bits, value, kind) in enumerate(cells):
        middle = 1 + (number + 0.5) * width
        drawing.box(1 + number * width, y + 10, width, 56, kind)
        drawing.text(middle, y + 26, name, "strong", "middle")
        drawing.text(middle, y + 42, f"bits {bits}", "small", "middle")
        drawing.text(middle, y + 59, value, "mono", "middle")
    return y + 66


def _long(drawing: Drawing, y: float, walk: paging.Walk) -> float:
    drawing.text(
        0, y + 14, f"CR3 names the highest table: {walk.entries[0].place - 8 * walk.entries[0].index:#x}", "small"
    )
    y += 20
    for one in walk.entries:
        drawing.arrow(24, y, 24, y + 14)
        drawing.box(1, y + 14, WIDTH - 2, _STEP - 14, "code")
        drawing.text(10, y + 14 + LINE, f"{one.name} [{one.index}]", "strong")
        drawing.text(WIDTH - 8, y + 14 + LINE, f"{one.place:#x}: {one.value:#018x}", "mono", "end")
        drawing.text(10, y + 14 + 2 * LINE, ", ".join(one.flags), "small")
        y += _STEP
    return _page(drawing, y, walk)


def _short(drawing: Drawing, y: float, walk: paging.Walk) -> float:
    for one in walk.entries:
        drawing.arrow(24, y, 24, y + 10)
        # What 5 levels have more is the table above all that 4 have.
        drawing.box(1, y + 10, WIDTH - 2, 24, "data" if one.name == "P4D" else "code")
        drawing.text(10, y + 27, f"{one.name} [{one.index}]", "strong")
        if one.name == "P4D":
            drawing.text(112, y + 27, "only with 5 levels", "small")
        drawing.text(WIDTH - 8, y + 27, f"names {one.address:#x}", "mono", "end")
        y += 34
    return _page(drawing, y, walk)


def _page(drawing: Drawing, y: float, walk: paging.Walk) -> float:
    assert walk.physical is not None
    drawing.arrow(24, y, 24, y + 14)
    drawing.box(1, y + 14, WIDTH - 2, 24, "anon")
    drawing.text(10, y + 31, f"page frame {walk.physical // paging.PAGE:#x}", "strong")
    drawing.text(WIDTH - 8, y + 31, f"physical {walk.physical:#x}", "mono", "end")
    return y + 38
