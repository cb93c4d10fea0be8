"""Labs as people use them: a real terminal, with what a screen shows and not only what was printed."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect
import pyte
import pytest

from containers.machine import host_name

ROOT = Path(__file__).parents[2]
RAMLAB = Path(sys.executable).with_name("ramlab")
COLUMNS, LINES = 150, 40
PATIENCE = 300
"""Seconds. Under emulation, on a loaded host, `top` was seen to take half a minute for its first screen."""


class Screen:
    """A learner's terminal in a machine, prompt waiting."""

    def __init__(self, lab: str, env: dict[str, str]) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.Stream(self._screen)
        self._child = pexpect.spawn(
            str(RAMLAB), ["start", lab, "--machine", "vm"],
            env=env, cwd=ROOT, dimensions=(LINES, COLUMNS), encoding="utf-8", timeout=PATIENCE,
        )  # fmt: skip
        self._child.delaybeforesend = None
        self.prompt = f"root@{host_name(lab)}:"
        self.wait(rf"{self.prompt}~# $")

    @property
    def text(self) -> str:
        """What is on the screen now, without the blanks at the ends of lines and below."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def press(self, keys: str) -> None:
        """Type keys, as they are: `"q"`, `"\\x03"` for Ctrl-C, `"ls\\n"`."""
        self._child.send(keys)

    def wait(self, pattern: str) -> str:
        """Wait until the screen shows the pattern (over all lines; `$` is the last line's end). Give the screen."""
        end = time.monotonic() + PATIENCE  # in all: `top` and `watch` write again and again
        try:
            while not re.search(pattern, f"{self.text} " if pattern.endswith(" $") else self.text):
                self._stream.feed(self._child.read_nonblocking(65536, timeout=max(1, end - time.monotonic())))
                if time.monotonic() > end:
                    raise pexpect.TIMEOUT("it goes on writing")  # noqa: TRY301 -- one message for all
        except (pexpect.TIMEOUT, pexpect.EOF) as error:
            raise AssertionError(
                f"{pattern!r} was not seen ({type(error).__name__}). The screen:\n{self.text}"
            ) from None
        return self.text

    def run(self, command: str) -> str:
        """Type a command at the prompt and wait for the next one. Give what stands between: a screenful at most."""
        self.wait(r"# $")  # a program that is just leaving would throw away what is typed
        self.press("\x0c")  # Ctrl-L: an empty screen with the prompt on top
        self.wait(rf"^{self.prompt}\S*# $")
        self.press(f"{command}\n")
        shown = self.wait(rf"(?s)^{self.prompt}.*\n{self.prompt}\S*# $")
        return shown.split("\n", 1)[1].rpartition("\n")[0]

    def leave(self) -> None:
        """End the shell and its `ramlab`."""
        # Ctrl-U and Ctrl-D. A Ctrl-C would have the terminal throw away what is typed after it.
        self.press("\x15\x04")
        self._child.expect(pexpect.EOF)


@pytest.fixture
def terminal():
    """`terminal("01_free")` is a Screen; each lab's machine and all that belongs to it is gone afterwards."""
    # Short, as unix sockets want it, and the learner's own machines stay as they are.
    home = Path(tempfile.mkdtemp(prefix="ramlab-screen-"))
    env = {**os.environ, "XDG_STATE_HOME": str(home), "TERM": "xterm", "LANG": "C.UTF-8"}
    env.pop("DOCKER_HOST", None)
    yield lambda lab: Screen(lab, env)
    subprocess.run([RAMLAB, "stop", "--all"], env=env, cwd=ROOT, check=False, capture_output=True)
    shutil.rmtree(home)
