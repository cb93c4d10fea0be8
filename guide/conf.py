"""The site of the guide, for Sphinx; `make guide` builds it. It asks nothing of any other server."""

import re
from pathlib import Path

from sphinx.application import Sphinx

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

_LAB = re.compile(r"\[([^]]+)\]\((?:\.\./)+(?:labs/)?(\d\d_\w+)/?(?:README\.md)?\)")


def _source(app: Sphinx, name: str, source: list[str]) -> None:
    """A link to a lab's folder leads to its text; a chapter that is not written yet is missing in the list."""
    if name == "index":
        folder = Path(app.srcdir)
        lines = source[0].splitlines()
        source[0] = "\n".join(line for line in lines if not line.endswith("*") or any(folder.glob(f"{line}.md")))
    source[0] = _LAB.sub(lambda link: f"{{doc}}`{link[1].replace('`', '')} </labs/{link[2]}/README>`", source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", _source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
