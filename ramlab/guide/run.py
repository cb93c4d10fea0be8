"""Type a page's console blocks into its machine: `python -m ramlab.guide.run PAGE... [--write]`."""

from __future__ import annotations

import re
import sys
import uuid
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect

from containers import machines
from containers.machine import silent
from containers.shape import Shape
from ramlab.guide import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from containers.machine import Machine
    from ramlab.guide.pages import Page

SIZE = (24, 100)
"""Lines and columns of the terminal."""
PATIENCE = 180
"""Seconds for a command; this only ends what hangs."""


@contextmanager
def machine_of(page: Page) -> Iterator[Machine]:
    """A fresh machine of the shape, or of the lab, that the page names."""
    # Its end: the pages troubleshooting_* begin alike, and may run beside each other.
    student = "guide-" + re.sub(r"[^a-z0-9]+", "-", page.path.stem)[-18:].strip("-")
    if lab := page.machine.get("lab"):
        from ramlab import catalogue, sessions

        machine = sessions.fresh(catalogue.load(lab, student), kind="vm", progress=silent)
    else:
        name = f"guide@{student}"
        if left := machines.find(name):
            left.stop()
        machine = machines.start(name, Shape.of(page.machine))
    try:
        yield machine
    finally:
        machine.stop()


class Terminal:
    """A root shell at a terminal of the machine."""

    def __init__(self, machine: Machine) -> None:
        self._prompt = f"guide-{uuid.uuid4().hex}> "
        # No line editing and no echo: what comes back is what the command printed, and a full-screen program may have
        # left the terminal as it liked.
        settings = f"TERM=linux PAGER=cat PS1='{self._prompt}' PS2= PROMPT_COMMAND='stty -echo'"
        argv = machine.learner.argv(f"stty -echo; {settings} exec bash --norc --noediting -i", tty=True)
        self._child: pexpect.spawn[str] = pexpect.spawn(
            argv[0], argv[1:], dimensions=SIZE, encoding="utf-8", codec_errors="replace", timeout=PATIENCE
        )
        self._child.delaybeforesend = None
        self._child.expect_exact(self._prompt)

    def type(self, command: str) -> list[str]:
        """The lines that it prints."""
        self._child.sendline(command)
        self._child.expect_exact(self._prompt)
        return _shown(self._child.before or "")

    def close(self) -> None:
        """End the shell."""
        self._child.close(force=True)


def _shown(text: str) -> list[str]:
    """What a terminal shows of it: without colours; of a program that fills the screen, what it showed last."""
    if re.search(r"\x1b\[(H|2?J|\?1049h)", text):
        import pyte

        screen = pyte.Screen(SIZE[1], SIZE[0] + 2)  # room for what follows below the last line
        pyte.Stream(screen).feed(re.split(r"\x1b\[\?1049l|\x1b\[\d+;1H\r?\x1b\[K?$", text)[0])
        text = re.sub(r"\n\s*\n", "\n\n", "\n".join(screen.display).rstrip())
    text = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])|\x0f|\r(?=\r*\n)", "", text)
    return [line.expandtabs().rstrip() for line in text.splitlines()]


def outputs(page: Page) -> list[list[list[str]]]:
    """What the page's machine printed, for each step of each block."""
    if not page.blocks:
        return []
    with machine_of(page) as machine, closing(Terminal(machine)) as terminal:
        return [[terminal.type(step.command) for step in block.steps] for block in page.blocks]


def check(page: Page) -> str:
    """Run the page; the differences, empty where it holds."""
    found = zip(page.blocks, outputs(page), strict=True)
    return "\n".join(text for block, printed in found if (text := pages.difference(page, block, printed)))


def main(words: list[str]) -> int:
    """Run the pages that are named; with `--write` their outputs become what the machine printed."""
    status = 0
    for word in [word for word in words if word != "--write"]:
        page = pages.read(Path(word))
        if "--write" in words:
            page.path.write_text(pages.written(page, outputs(page)), encoding="utf-8")
            print(f"{word}: {len(page.blocks)} blocks run and written")
        elif text := check(page):
            print(text)
            status = 1
        else:
            print(f"{word}: {len(page.blocks)} blocks hold")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
