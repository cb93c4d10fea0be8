"""How the site looks, as an extension of Sphinx: console blocks and their copy button, the labs' titles, the menu."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from pygments.lexer import Lexer
from pygments.lexers.shell import BashLexer
from pygments.token import Generic, Text, _TokenType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.config import Config

# What comes before a command, for JavaScript. Its no-break space tells it from a comment in a script, so that the copy
# button needs not know which kind of block it is at.
_PROMPT = r"(?:\w+@[\w-]+:\S+)?[#$]\u00a0"
_TYPED = re.compile(r"((?:\w+@[\w-]+:\S+)?[#$]) (.*)", re.DOTALL)
_LAB = re.compile(r"labs/(\d\d)_\w+/README")


class Console(Lexer):
    """Commands after `# ` or `$ `, and what they print.

    Pygments' own lexer takes an output line such as `%Cpu(s): 1.0 us` for a prompt.
    """

    name = "Console"
    aliases: ClassVar[list[str]] = ["console"]

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """As Pygments wants it."""
        at = 0
        for line in text.splitlines(keepends=True):
            if typed := _TYPED.fullmatch(line):
                yield at, Generic.Prompt, typed[1] + "\u00a0"
                for offset, kind, value in BashLexer().get_tokens_unprocessed(typed[2]):
                    yield at + typed.start(2) + offset, kind, value
            else:
                yield at, Generic.Output if line.strip() else Text, line
            at += len(line)


def _settings(_app: Sphinx, config: Config) -> None:
    config["copybutton_prompt_text"] = _PROMPT
    config["copybutton_prompt_is_regexp"] = True
    config["copybutton_copy_empty_lines"] = False


def _numbered(_app: Sphinx, name: str, source: list[str]) -> None:
    """Chapters have numbers, and labs are called by theirs: the titles of their pages say it."""
    if lab := _LAB.match(name):
        source[0] = re.sub(r"(?m)^# ", f"# Lab {lab[1]}: ", source[0], count=1)


def _captions(_app: Sphinx, _page: str, _template: str, context: dict[str, object], _doctree: object) -> None:
    """Sphinx calls the captions of the menu headings and does not say of which level."""
    for part in ("furo_navigation_tree", "body"):
        if isinstance(text := context.get(part), str):
            context[part] = text.replace(' role="heading">', ' role="heading" aria-level="2">')


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_lexer("console", Console)
    app.connect("config-inited", _settings, priority=100)  # before the copy button reads them
    app.connect("source-read", _numbered)
    app.connect("html-page-context", _captions, priority=900)  # after the theme has made the menu
    return {"parallel_read_safe": True, "parallel_write_safe": True}
