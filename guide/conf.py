"""The site of the guide, for Sphinx; `make guide` builds it. It asks nothing of any other server."""

import re
from pathlib import Path

from sphinx.application import Sphinx

from ramlab.guide import pictures, sheet, timelines
from ramlab.guide.pictures import svg

project = "ramlab"
author = "the authors of ramlab"
extensions = ["myst_parser", "sphinx_copybutton", "ramlab.guide.looks"]
# `labs` is a link to the labs, whose texts are pages of the site; what is not for learners is not.
exclude_patterns = ["**/.meta", "labs/*/stage", "_templates"]
language = "en"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = "ramlab: Linux memory, by hand"
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
html_show_search_summary = False  # it would have to load the pages found, which a browser does not from file://
html_static_path = ["_static"]
html_css_files = ["guide.css"]
html_js_files = ["guide.js"]
html_favicon = "_static/favicon.svg"
templates_path = ["_templates"]
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

_PICTURE = re.compile(r"^<!-- picture: (\w+) -->$", re.MULTILINE)
_LAB_PAGE = re.compile(r"labs/(\d\d_\w+)/README")
_LAB = re.compile(r"\[([^]]+)\]\((?:\.\./)+(?:labs/)?(\d\d_\w+)/?(?:README\.md)?\)")


def _source(app: Sphinx, name: str, source: list[str]) -> None:
    """Fill in what is made, and have links to labs' folders lead to their texts.

    `<!-- picture: NAME -->` on a line of its own becomes that picture, and its table. A lab's page ends with its
    timeline. A chapter that is not written yet is missing in the list.
    """
    if name == "index":
        folder = Path(app.srcdir)
        lines = source[0].splitlines()
        source[0] = "\n".join(line for line in lines if not line.endswith("*") or any(folder.glob(f"{line}.md")))
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
