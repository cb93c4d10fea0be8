"""Which pages of a file are in the page cache, as mincore(2) told it."""

from __future__ import annotations

from checkers import pagecache
from ramlab.guide.pictures.svg import WIDTH, Drawing, size

_COLUMNS = 64
"""Pages in a row."""
_LEFT = 42.0
"""Where the pages begin, right of their numbers."""
_EACH = 16
"""Rows from one number to the next."""


def draw(text: str) -> tuple[Drawing, list[list[str]]]:
    """Draw the file that checkers.pagecache reads in `text`, a square for each page."""
    file = pagecache.parse(text, "a file")
    drawing = Drawing(
        "page_cache",
        "Which pages of a file are in the page cache",
        f"A file of {file.pages} pages, of which {file.resident_pages} are in memory: "
        + ", ".join(f"{_range(*run)}, {_size(file, *run)}" for run in file.runs)
        + ". All others are on the disk only.",
    )
    drawing.text(0, 14, f"A file of {size(file.size_bytes / 1024)}: {file.pages} pages", "strong")
    drawing.text(WIDTH - 1, 14, f"{_COLUMNS} in a row", anchor="end")
    y = _legend(drawing, _squares(drawing, 24.0, file) + 24, file)
    told = f"fincore tells only how many: {file.resident_pages} pages, {file.resident_pages * file.page_bytes} bytes"
    drawing.text(0, y + 22, told, "small")
    rows = [["pages", "how many", "size", "where"]]
    rows += [
        [_range(first, last), str(last - first + 1), _size(file, first, last), "page cache" if there else "disk"]
        for first, last, there in _parts(file)
    ]  # fmt: skip
    return drawing, rows


def _range(first: int, last: int) -> str:
    return f"page {first}" if first == last else f"pages {first} to {last}"


def _size(file: pagecache.CachedFile, first: int, last: int) -> str:
    return size((last - first + 1) * file.page_bytes / 1024)


def _parts(file: pagecache.CachedFile) -> list[tuple[int, int, bool]]:
    """The whole file in order: first and last page, and whether they are in memory."""
    found, at = [], 0
    for first, last in file.runs:
        if first > at:
            found.append((at, first - 1, False))
        found.append((first, last, True))
        at = last + 1
    return [*found, (at, file.pages - 1, False)] if at < file.pages else found


def _squares(drawing: Drawing, top: float, file: pagecache.CachedFile) -> float:
    side = (WIDTH - _LEFT - 1) / _COLUMNS
    rows = -(-file.pages // _COLUMNS)
    drawing.box(_LEFT, top, _COLUMNS * side, rows * side, "none")
    for row in range(0, rows, _EACH):
        drawing.text(_LEFT - 6, top + row * side + 10, str(row * _COLUMNS), "mono faint", "end")
        if row:
            drawing.line(f"M {_LEFT:g} {top + row * side:g} h {_COLUMNS * side:g}", "dashed")
    for first, last in file.runs:
        for row in range(first // _COLUMNS, last // _COLUMNS + 1):
            begin = max(first, row * _COLUMNS) % _COLUMNS
            end = min(last, row * _COLUMNS + _COLUMNS - 1) % _COLUMNS
            drawing.box(_LEFT + begin * side, top + row * side, (end - begin + 1) * side, side, "file")
            between = [f"M {_LEFT + at * side:g} {top + row * side:g} v {side:g}" for at in range(begin + 1, end + 1)]
            if between:
                drawing.line(" ".join(between))
        # Below its last row, where that begins, unless the words would not fit there.
        begin = 0 if last // _COLUMNS > first // _COLUMNS else first % _COLUMNS
        words = f"{_range(first, last)}, {_size(file, first, last)}"
        x = min(_LEFT + begin * side + 3, WIDTH - 7 * len(words))
        drawing.text(x, top + (last // _COLUMNS + 1) * side + 12, words, "small")
    return top + rows * side


def _legend(drawing: Drawing, y: float, file: pagecache.CachedFile) -> float:
    absent = file.pages - file.resident_pages
    for kind, count, words in (
        ("file", file.resident_pages, "in the page cache: no disk is read"),
        ("none", absent, "on the disk only: who reads them waits for it"),
    ):
        drawing.box(1, y - 11, 12, 12, kind)
        drawing.text(20, y, f"{count}", "strong")
        drawing.text(62, y, words)
        drawing.text(WIDTH - 1, y, f"{100 * count / max(1, file.pages):.0f} %", anchor="end")
        y += 20
    return y - 20
