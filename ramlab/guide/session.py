"""`make session`: types a short session of lab 05 into a real terminal, and draws what that showed.

`guide/session.cast` is the recording (asciicast 2), with the pauses as they were; it says itself that players shorten
them. From it `guide/session.svg` and `guide/session.txt` are drawn; `--draw` does only that.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect

from ramlab.guide import asciicast

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "guide"
SIZE = (28, 96)
"""Lines and columns of the terminal."""
TITLE = "A session of lab 05"
LIMIT = 1
"""Seconds that a pause lasts for those who look at it."""
PATIENCE = 1200
"""Seconds for a command; this only ends what hangs."""

_RECORD = "import sys; from ramlab import recording; sys.exit(recording.run(sys.argv[1:], 'guide@session'))"
_HERE, _THERE = r"\x1b\[\?2004h\$ ", r"root@05-oom[^\n]*# "  # as bash dresses them


class Typist:
    """Types into a shell at a terminal that is recorded."""

    def __init__(self, state: Path) -> None:
        path = f"{ROOT / '.venv' / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        settings = {"PATH": path, "PS1": "$ ", "TERM": "xterm-256color", "XDG_STATE_HOME": str(state)}
        self._child: pexpect.spawn[str] = pexpect.spawn(
            sys.executable,
            ["-c", _RECORD, "bash", "--norc", "--noprofile"],
            dimensions=SIZE, encoding="utf-8", codec_errors="replace", timeout=PATIENCE, cwd=str(ROOT),
            env={**os.environ, **settings},
        )  # fmt: skip
        self._child.delaybeforesend = None
        self._child.expect_exact("$ ")

    def type(self, line: str, then: str) -> str:
        """Type `line` as a hand would; gives what came until the prompt `then`."""
        time.sleep(0.8)
        for key in line:
            self._child.send(key)
            time.sleep(0.06)
        self._child.send("\r")
        self._child.expect(then)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", str(self._child.before))

    def close(self) -> None:
        """End it, and so the recording; each line of that is in its file by then."""
        self._child.close(force=True)


def record(state: Path) -> Path:
    """The session, in machines of its own below `state`."""
    it = Typist(state)
    try:
        it.type("ramlab start 05", _THERE)
        said = it.type("grep -E 'oom-kill:|Killed process' /var/log/kern.log", _THERE)
        (group,) = re.findall(r"oom_memcg=([^,\s]+)", said)
        (name,) = re.findall(r"Killed process \d+ \((.*?)\)", said)
        (size,) = re.findall(r"anon-rss:(\d+)kB", said)
        it.type(f"answer killed {name}", _THERE)
        it.type(f"answer killed_kb {size}", _THERE)
        it.type(f"answer killed_in {group}", _THERE)
        it.type("exit", _HERE)
        it.type("pytest labs/05_oom", _HERE)
    finally:
        it.close()
        ramlab = [sys.executable, "-m", "ramlab.cli", "stop", "--all"]
        subprocess.run(ramlab, env={**os.environ, "XDG_STATE_HOME": str(state)}, stdout=subprocess.DEVNULL, check=True)
    (cast,) = state.rglob("*.cast")
    return cast


def keep(cast: Path) -> None:
    """Put it where the guide has it, with a title and what players are to make of its pauses."""
    head, *lines = cast.read_text(encoding="utf-8").splitlines(keepends=True)
    header = {"title": TITLE, "idle_time_limit": LIMIT, **json.loads(head)}
    (FOLDER / "session.cast").write_text(json.dumps(header) + "\n" + "".join(lines), encoding="utf-8")


def draw() -> None:
    """Write the picture and the text of what is recorded."""
    film = asciicast.film(FOLDER / "session.cast")
    text = film.text()
    (FOLDER / "session.svg").write_text(asciicast.svg(film, TITLE, text), encoding="utf-8")
    (FOLDER / "session.txt").write_text(text, encoding="utf-8")


def main() -> None:
    """Record if asked for nothing else, and draw."""
    if sys.argv[1:] not in ([], ["--draw"]):
        sys.exit("usage: python -m ramlab.guide.session [--draw]")
    if not sys.argv[1:]:
        with tempfile.TemporaryDirectory() as state:
            keep(record(Path(state)))
    draw()


if __name__ == "__main__":
    main()
