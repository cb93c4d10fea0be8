"""`ramlab shell --record`: what a terminal showed, as asciicasts (version 2): for whoever grades, or for oneself.

`asciinema play FILE` shows one again. https://docs.asciinema.org/manual/asciicast/v2/ says what is in it.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pexpect

from containers import paths
from containers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_NAME = re.compile(r"session-(\d+)\.cast")


def casts(machine: str) -> list[Path]:
    """The recordings of the shells of `machine` (`05_oom@ada`), the first one first."""
    found = [(int(match[1]), path) for path in _folder(machine).glob("*") if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def run(argv: Sequence[str], machine: str) -> int:
    """Run `argv` at this terminal and keep what it shows; gives its exit status. Raises UsageError where none is."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("only what a terminal shows can be recorded", hint="leave --record out")
    last = casts(machine)
    number = int(last[-1].stem.partition("-")[2]) + 1 if last else 1
    path = _folder(machine) / f"session-{number}.cast"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = _run(argv, path)
    print(f"Recorded: {path}. It goes along with: ramlab submit {machine[:2]}")
    return status


def _run(argv: Sequence[str], path: Path) -> int:
    size = os.get_terminal_size(0)  # not shutil's: it believes $COLUMNS, which a resize leaves as it was
    child: pexpect.spawn[bytes] = pexpect.spawn(argv[0], list(argv[1:]), dimensions=(size.lines, size.columns))
    began = time.monotonic()
    text = codecs.getincrementaldecoder("utf-8")("replace")  # a letter may come in two pieces
    with path.open("w", encoding="utf-8", buffering=1) as cast:  # a line is there at once, whatever ends us
        header = {
            "version": 2, "width": size.columns, "height": size.lines, "timestamp": int(time.time()),
            "env": {"TERM": os.environ.get("TERM", ""), "SHELL": "/bin/bash"},
        }  # fmt: skip
        cast.write(json.dumps(header) + "\n")

        def note(kind: str, data: str) -> None:
            cast.write(json.dumps([round(time.monotonic() - began, 6), kind, data]) + "\n")

        def shown(data: bytes) -> bytes:
            if letters := text.decode(data):
                note("o", letters)
            return data

        def fit(*_: object) -> None:
            now = os.get_terminal_size(0)
            child.setwinsize(now.lines, now.columns)
            note("r", f"{now.columns}x{now.lines}")

        signal.signal(signal.SIGWINCH, fit)
        child.interact(escape_character=None, output_filter=shown)
        # It leaves as soon as the child has ended, whatever is still to be read.
        with suppress(pexpect.EOF, pexpect.TIMEOUT):
            while last := child.read_nonblocking(1 << 16, timeout=1):
                os.write(1, shown(last))
    child.close()
    return child.exitstatus if child.exitstatus is not None else 128 + (child.signalstatus or 0)


def _folder(machine: str) -> Path:
    return paths.state() / "casts" / machine
