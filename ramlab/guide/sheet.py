"""The cheat sheet: its rows, read from the page, and the one page of A4 that is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from ramlab.guide.pages import PageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fpdf import FPDF

COLUMNS = 3
_SIZES = (8.5, 8.25, 8.0, 7.75, 7.5, 7.25, 7.0, 6.75, 6.5, 6.25, 6.0)
"""Points; what is smaller nobody reads on paper."""
_MARGIN = 9
_GREY = 225


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the sheet."""

    group: str
    """The heading that it stands below."""
    symptom: str
    command: str
    look: str


def rows(path: Path) -> list[Row]:
    """All rows of the page's tables, in its order. Raises PageError where one is not symptom, `command`, look."""
    found: list[Row] = []
    group, cells = "", list[str]()
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    for before, token in pairwise(tokens):
        children = token.children or []
        if before.type == "heading_open":
            group = token.content
        elif before.type == "td_open":
            if len(cells) == 1 and [child.type for child in children] != ["code_inline"]:
                raise PageError(f"{path}: {token.content!r} has to be one command, between backquotes")
            cells.append("".join(child.content for child in children))
        elif token.type == "tr_close" and cells:
            if len(cells) != COLUMNS or not all(cells):
                raise PageError(f"{path}: a row has to have a symptom, a command and what to look for: {cells}")
            found.append(Row(group=group, symptom=cells[0], command=cells[1], look=cells[2]))
            cells = []
    return found


def write(page: Path, pdf: Path) -> None:
    """Put the page's rows on one page of A4, in the largest letters that fit. Raises PageError where none do."""
    from fpdf import FPDF

    found = rows(page)
    for size in _SIZES:
        paper = FPDF(format="A4")
        paper.set_title("Linux memory: cheat sheet")
        paper.set_lang("en")
        paper.set_margin(_MARGIN)
        paper.set_auto_page_break(auto=True, margin=_MARGIN)
        paper.add_page()
        _head(paper, size)
        _table(paper, found, size)
        if paper.pages_count == 1:
            pdf.parent.mkdir(parents=True, exist_ok=True)
            paper.output(str(pdf))
            return
    raise PageError(f"{page}: {len(found)} rows do not fit on one page of A4, even in {_SIZES[-1]} points")


def _head(paper: FPDF, size: float) -> None:
    paper.set_font("Helvetica", "B", size + 5)
    paper.cell(0, 6, "Linux memory: cheat sheet", new_x="LMARGIN", new_y="NEXT")
    paper.set_font("Helvetica", "", size)
    paper.cell(0, 4.5, "Set PID, FILE and CG (a folder below /sys/fs/cgroup) first.", new_x="LMARGIN", new_y="NEXT")


def _table(paper: FPDF, found: Sequence[Row], size: float) -> None:
    from fpdf.enums import TableBordersLayout
    from fpdf.fonts import FontFace

    plain, code = FontFace(size_pt=size), FontFace(family="Courier", size_pt=size)
    head = FontFace(size_pt=size, emphasis="BOLD", fill_color=_GREY)
    group = ""
    with paper.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        first_row_as_headings=False,
        col_widths=(46, 84, 62),
        line_height=size * 0.42,  # mm; a point is 0.35
        padding=(0.35, 1),
        text_align="LEFT",
    ) as table:
        for one in found:
            if one.group != group:
                group = one.group
                table.row().cell(group, colspan=COLUMNS, style=head)
            line = table.row()
            line.cell(one.symptom, style=plain)
            line.cell(one.command, style=code)
            line.cell(one.look, style=plain)
