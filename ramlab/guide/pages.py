"""A page of the guide: its machine, its console blocks, and whether what a machine printed is what a block shows."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ANY = "..."
"""A line that stands for any lines."""
PROMPT = "# "
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?"
_DATE = (
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:{_MONTH} +\d\d?|\d\d? {_MONTH})(?: +\d{{4}})?(?: +{_CLOCK})?"
    rf"(?: [A-Z]{{3,4}})?(?: \d{{4}})?|\d{{4}}-\d\d-\d\d(?:[T ]{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?)?|\b{_CLOCK}\b"
)
_VARY = {
    "dates": (_DATE, "<date>"),
    "addresses": (r"\b(?:0x[0-9a-fA-F]+|[0-9a-f]{8,16})\b", "<address>"),
    "numbers": (r" *-?(?:\d+(?:[.,]\d+)*(?:[KMGTkmgt]i?B?|B)?(?![A-Za-z])|\d+)", "<n>"),
}
KINDS = (*_VARY, "order")


class PageError(Exception):
    """A page is not written as it should be."""


@dataclass
class Step:
    """A command and its output."""

    command: str
    output: list[str] = field(default_factory=list)


@dataclass
class Block:
    """A console block: what is typed, what it shows, and what of that may differ."""

    line: int
    """Where its first command stands, from 1."""
    end: int
    """Where its closing fence stands."""
    vary: frozenset[str]
    steps: list[Step]

    def text(self) -> list[str]:
        """Its lines."""
        return [line for step in self.steps for line in (PROMPT + step.command, *step.output)]


@dataclass
class Page:
    """One Markdown file of the guide."""

    path: Path
    machine: dict[str, Any]
    """Keys of a Shape, or `{"lab": NAME}`; empty where nothing is run."""
    blocks: list[Block]
    not_run: int
    """Console blocks that say that they are not run."""


def read(path: Path) -> Page:
    """The page in this file. Raises PageError naming file and line."""
    page = Page(path, {}, [], 0)
    vary: tuple[int, str] = (0, "")
    markdown = MarkdownIt("commonmark").use(front_matter_plugin).use(myst_block_plugin)
    for token in markdown.parse(path.read_text(encoding="utf-8")):
        first, last = token.map or (0, 0)
        if token.type == "front_matter":
            page.machine = (yaml.safe_load(token.content) or {}).get("machine") or {}
        elif token.type == "myst_line_comment" and token.content.strip().startswith("vary:"):
            vary = (last, token.content.partition(":")[2])
        elif token.type == "fence" and token.info.split() == ["console"]:
            page.blocks.append(_block(path, first, last, token.content, vary[1] if vary[0] == first else ""))
        elif token.type == "fence" and token.info.startswith("{code-block} console"):
            if "Not run: " not in token.content:
                raise PageError(f'{path}:{first + 1}: a block that is not run needs the caption "Not run: <why>"')
            page.not_run += 1
    if page.blocks and not page.machine:
        raise PageError(f"{path}:1: the page has blocks to run and no `machine` in its front matter")
    return page


def _block(path: Path, first: int, last: int, content: str, vary: str) -> Block:
    kinds = frozenset(word.strip() for word in vary.split(",") if word.strip())
    if wrong := kinds - set(KINDS):
        raise PageError(f"{path}:{first}: vary: {', '.join(wrong)}; legal: {', '.join(KINDS)}")
    steps: list[Step] = []
    for line in content.splitlines():
        if line.startswith(PROMPT):
            steps.append(Step(line.removeprefix(PROMPT)))
        elif steps:
            steps[-1].output.append(line.rstrip())
        else:
            raise PageError(f"{path}:{first + 2}: a block begins with a command: `# ` and what is typed")
    return Block(first + 2, last, kinds, steps)


def plain(line: str, vary: frozenset[str]) -> str:
    """A line without what may differ."""
    for kind, (pattern, name) in _VARY.items():
        if kind in vary:
            line = re.sub(pattern, name, line)
    if "numbers" not in vary:
        return line.rstrip()
    return re.sub(r"\s+", " ", re.sub(r"\[[|#*]* *", "[", line)).strip()  # htop draws numbers as bars


def same(shown: Sequence[str], printed: Sequence[str], vary: frozenset[str]) -> bool:
    """Whether a machine that printed this keeps what the page shows."""
    wanted, got = ([plain(line, vary) for line in lines] for lines in (shown, printed))
    if "order" in vary:
        left = list(got)
        for line in wanted:
            if line != ANY and line not in left:
                return False
            if line != ANY:
                left.remove(line)
        return not left or ANY in wanted
    pattern = "".join(r"(?:[^\n]*\n)*?" if line == ANY else re.escape(line) + r"\n" for line in wanted)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in got)) is not None


def difference(page: Page, block: Block, printed: Sequence[Sequence[str]]) -> str:
    """A unified diff from what the page shows to what the machine printed for each step; empty where it is the same."""
    after: list[str] = []
    for step, lines in zip(block.steps, printed, strict=True):
        held = same(step.output, lines, block.vary)
        after += [PROMPT + step.command, *(step.output if held else _aligned(step.output, lines, block.vary))]
    label = f"{page.path}:{block.line}"
    return "\n".join(
        difflib.unified_diff(block.text(), after, label, f"{label} as the machine printed it", lineterm="")
    )


def _aligned(shown: Sequence[str], printed: Sequence[str], vary: frozenset[str]) -> list[str]:
    """What was printed, with the page's own line wherever that says the same."""
    wanted, got = ([plain(line, vary) for line in lines] for lines in (shown, printed))
    lines = list(printed)
    for a, b, size in difflib.SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks():
        lines[b : b + size] = shown[a : a + size]
    return lines


def written(page: Page, printed: Sequence[Sequence[Sequence[str]]]) -> str:
    """The page's text with the outputs of all blocks as they were printed, where they are not the same."""
    text = page.path.read_text(encoding="utf-8").splitlines()
    for block, outputs in reversed(list(zip(page.blocks, printed, strict=True))):
        for step, lines in zip(block.steps, outputs, strict=True):
            if not same(step.output, lines, block.vary):
                # What looks like a command cannot stand there as output.
                step.output = [ANY if line.startswith(PROMPT) else line for line in lines]
        text[block.line - 1 : block.end - 1] = block.text()
    return "\n".join(text) + "\n"
