"""What is made and not written goes into the site: pictures, timelines, the sheet to print. An extension of Sphinx."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ramlab.guide import pictures, sheet, timelines
from ramlab.guide.pictures import svg

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_PICTURE = re.compile(r"^<!-- picture: (\w+) -->$", re.MULTILINE)
_LAB_PAGE = re.compile(r"labs/(\d\d_\w+)/README")
_LAB = re.compile(r"\[([^]]+)\]\((?:\.\./)+(?:labs/)?(\d\d_\w+)/?(?:README\.md)?\)")


def _source(app: Sphinx, name: str, source: list[str]) -> None:
    """Fill in what is made, and have links to labs' folders lead to their texts.

    `<!-- picture: NAME -->` on a line of its own becomes that picture, and its table. A lab's page ends with its
    timeline.
    """
    drawn = _PICTURE.findall(source[0])
    used = pictures.sources(drawn) if drawn else []
    if drawn:
        source[0] = _PICTURE.sub(lambda place: pictures.html(place[1]), source[0])
        source[0] += f"\n\n<style>\n{svg.page_style()}</style>\n"
    lab = _LAB_PAGE.fullmatch(name)
    if lab:
        used += [Path(timelines.__file__), timelines.path(lab[1])]
        if timelines.path(lab[1]).exists():  # a lab that is being written has none
            source[0] += f"\n\n## {timelines.HEADING}\n\n{timelines.html(lab[1])}\n"
    for path in used:
        app.env.note_dependency(str(path))
    source[0] = _LAB.sub(lambda link: f"{{doc}}`{link[1].replace('`', '')} </labs/{link[2]}/README>`", source[0])


def _cheat_sheet(app: Sphinx, error: Exception | None) -> None:
    """The sheet to print lies beside its page. Where it cannot be made, the build fails."""
    if error is None and app.builder.format == "html":
        sheet.write(Path(app.srcdir) / "cheat_sheet.md", Path(app.outdir) / "cheat_sheet.pdf")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", _source)
    app.connect("build-finished", _cheat_sheet)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
