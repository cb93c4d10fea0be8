"""What a participant reads beside the terminals: the lab's README and the guide's chapter that leads to it, as HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from ramlab.catalogue import Lab

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_NOTE = re.compile(r"^%.*\n", re.MULTILINE)
_DIRECTIVE = re.compile(r"^(`{3,}|:{3,})\{.*?^\1[ \t]*$\n?", re.MULTILINE | re.DOTALL)
_ROLE = re.compile(r"\{[a-z:]+\}(`[^`]*`)")


def brief(lab: Lab) -> str:
    """The lab's README."""
    return _html((lab.folder / "README.md").read_text())


def chapter(lab: Lab) -> str:
    """The chapter of the guide whose text says to start this lab; empty where none does, or there is no guide."""
    guide = lab.folder.resolve().parent.parent / "guide"
    for path in sorted(guide.glob("[0-9]*.md")):
        text = path.read_text()
        if re.search(rf"ramlab start {lab.name}\b", text):
            # What only the book's own builder understands is left out. One heading is the page's: the lab's.
            plain = _ROLE.sub(r"\1", _DIRECTIVE.sub("", _NOTE.sub("", _FRONT.sub("", text))))
            return _html(plain, headings=1)
    return ""


def _html(text: str, *, headings: int = 0) -> str:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for token in tokens:
        if headings and token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + headings, 6)}"
    return str(parser.renderer.render(tokens, parser.options, {}))
