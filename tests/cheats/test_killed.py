"""SIGKILL for grading with real machines: none outlives it, and the next run has every grade."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from checkers.waiting import until

HERE = Path(__file__).parent
LAB = "90_vault"
MAKE = HERE.parent / "make_class.py"


class Class:
    """A folder with a class of two, and ramlab at work in it."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {
            **os.environ, "XDG_STATE_HOME": str(folder / "state"), "RAMLAB_LABS": str(folder / "labs"),
        }  # fmt: skip

    def run(self, *words):
        return subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )

    def begin(self):
        """`ramlab grade`, and a machine is at work for it."""
        words = [sys.executable, "-m", "ramlab.cli", "grade", "class", "--jobs", "1"]
        grading = subprocess.Popen(
            words, cwd=self.folder, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert until(lambda: self.processes("qemu-system"), bool, deadline=600)
        return grading

    def processes(self, word):
        """Pids of those with this folder in their environment and `word` in their command line."""
        mark, found = f"XDG_STATE_HOME={self.folder / 'state'}\0".encode(), []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended
                if mark in (entry / "environ").read_bytes() and word.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        return found


@pytest.fixture
def small_class(tmp_path):
    shutil.copytree(HERE / "labs", tmp_path / "labs", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    this = Class(tmp_path)
    made = this.run(MAKE, "--lab", LAB, "--students", 2, "--wrong", 1, "--hostile", 0, "--out", "class")
    assert made.returncode == 0, made
    yield this
    this.run("-m", "ramlab.cli", "stop", "--all")


@pytest.mark.parametrize("victim", ["the command", "the attempt"])
def test_no_machine_outlives_a_kill_and_the_next_run_has_every_grade(small_class, victim):
    grading = small_class.begin()
    if victim == "the command":
        os.kill(grading.pid, signal.SIGKILL)
    else:
        (attempt,) = small_class.processes("--attempt-report")
        os.kill(attempt, signal.SIGKILL)  # it is tried once more, beside what it left
    grading.wait(900)
    if victim == "the command":
        assert until(lambda: small_class.processes("qemu-system"), [].__eq__, deadline=300) == []

    again = small_class.run("-m", "ramlab.cli", "grade", "class", "--jobs", "2")
    assert again.returncode == 0, again
    assert small_class.run(MAKE, "--compare", "grades", "--out", "class").returncode == 0
    assert small_class.processes("qemu-system") == []
