"""How the site shows a `console` block: what is typed is told from what is printed, as in a page of the guide.

Pygments' own lexer takes an output line such as `%Cpu(s): 1.0 us` for a prompt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from pygments.lexer import Lexer
from pygments.lexers.shell import BashLexer
from pygments.token import Generic, Text, _TokenType

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPT = r"(?:\w+@[\w-]+:\S+)?[#$]\u00a0"
"""What comes before a command, as a regular expression of JavaScript. Its no-break space tells it from a comment in a
script, so that the copy button needs not know which kind of block it is at."""

_TYPED = re.compile(r"((?:\w+@[\w-]+:\S+)?[#$]) (.*)", re.DOTALL)


class Console(Lexer):
    """Commands after `# ` or `$ `, and what they print."""

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
