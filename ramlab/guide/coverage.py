"""Which page and lab has each command of the outline: `python -m ramlab.guide.coverage` writes guide/coverage.md."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ramlab.guide import pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ramlab.guide.pages import Page

ROOT = Path(__file__).parents[2]
_HEAD = """\
# What is run

The commands of the outline that this guide grew from. A command counts as run where a page types it into a machine and
the build compares what that prints; the lab is where it is practised. Made by `python -m ramlab.guide.coverage`.

| section | command | typed in | lab |
|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Command:
    """An entry of outline_commands.toml."""

    section: int
    command: str
    lab: str
    pattern: str = ""
    word: str = ""

    def typed(self, line: str) -> bool:
        """Whether this line types it."""
        whole = rf"(?:^|[\s;|])(?:{re.escape(self.command)})(?:$|[\s;|&])"
        return re.search(self.pattern or whole, line) is not None

    def chapters(self, found: Sequence[Page]) -> list[Page]:
        """The pages of its section that run it: what works on one kernel alone is typed on two."""
        return [
            page
            for page in found
            if page.path.name.startswith(f"{self.section:02}_")
            and any(self.typed(step.command) for block in page.blocks for step in block.steps)
        ]

    def practised(self) -> bool:
        """Whether its lab has it."""
        texts = [(ROOT / "labs" / self.lab / name).read_text(encoding="utf-8") for name in ("README.md", "lab.toml")]
        return any((self.word or self.command) in text for text in texts)


def commands() -> list[Command]:
    """The outline's commands, in its order."""
    entries = tomllib.loads((ROOT / "guide" / "outline_commands.toml").read_text(encoding="utf-8"))["commands"]
    return [Command(**entry) for entry in entries]


def every() -> list[Page]:
    """All pages of the guide."""
    return [pages.read(path) for path in sorted((ROOT / "guide").glob("*.md"))]


def text(found: Sequence[Page]) -> str:
    """The page that says it."""
    rows, run = [], 0
    for one in commands():
        chapters = one.chapters(found)
        run += bool(chapters)
        where = ", ".join(f"[{page.path.stem}]({page.path.name})" for page in chapters) or "**not yet**"
        shown = one.command.replace("|", "\\|")
        rows.append(f"| {one.section} | `{shown}` | {where} | [{one.lab}](../labs/{one.lab}/README.md) |")
    total = len(rows)
    blocks = sum(len(page.blocks) for page in found)
    others = sum(page.not_run for page in found)
    said = f"Run: {run} of {total} commands. Console blocks: {blocks} are run, {others} say that they are not."
    return _HEAD + "\n".join(rows) + f"\n\n{said}\n"


def main() -> None:
    """Write it."""
    (ROOT / "guide" / "coverage.md").write_text(text(every()), encoding="utf-8")


if __name__ == "__main__":
    main()
