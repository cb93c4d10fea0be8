"""One learner's whole session, typed into a real terminal: start, look, fail, hint, solve, pass, reset, stop."""

import getpass
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import pexpect
import pytest

from containers import locks, machines
from containers.machine import IN_USE
from ramlab import recording

ROOT = Path(__file__).parents[2]
LAB = ROOT / "labs" / "05_oom"
BIN = Path(sys.executable).parent
PROMPT = "root@05-oom:~# "
PATIENCE = 300

pytestmark = pytest.mark.machine


class Terminal:
    """An 80-column terminal on the learner's own computer."""

    def __init__(self, home: Path) -> None:
        self.env = {
            **os.environ,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "XDG_STATE_HOME": str(home),
            "DOCKER_HOST": f"unix://{home}/no-engine.sock",
            "TERM": "dumb",  # no colours in the prompt
            "NO_COLOR": "1",
        }

    def type(self, line: str) -> pexpect.spawn:
        words = ["sh", "-c", line]
        child = pexpect.spawn(
            words[0], words[1:], env=self.env, cwd=ROOT, dimensions=(40, 80), encoding="utf-8", timeout=PATIENCE
        )
        child.delaybeforesend = None
        return child

    def see(self, line: str) -> tuple[int, str]:
        """Type a command, wait for its end: exit status and the screen's text."""
        child = self.type(line)
        child.expect(pexpect.EOF)
        child.close()
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", child.before)
        return child.exitstatus, text


@pytest.fixture
def terminal():
    # Short, as unix sockets want it, and the learner's own machines stay as they are.
    home = Path(tempfile.mkdtemp(prefix="ramlab-session-"))
    terminal = Terminal(home)
    yield terminal
    terminal.see("ramlab stop --all")
    shutil.rmtree(home)


def recorded(terminal):
    """Another terminal in the machine that runs, with --record: what was shown is kept, and what the size was."""
    shell = terminal.type("ramlab shell 05 --record")
    shell.expect_exact(PROMPT)
    shell.sendline("answer next_victim nobody")
    shell.expect_exact("noted: next_victim = nobody")
    shell.expect_exact(PROMPT)
    shell.setwinsize(33, 99)
    shell.sendline("until [ \"$(stty size)\" = '33 99' ]; do sleep 0.1; done; echo resi''zed")
    shell.expect_exact("resized")
    shell.sendline("exit")
    shell.expect_exact("Recorded: ")
    shell.expect(pexpect.EOF)

    (cast,) = recording.casts(f"05_oom@{getpass.getuser()}")
    header, *events = map(json.loads, cast.read_text().splitlines())
    shown = "".join(data for _, kind, data in events if kind == "o")
    assert (header["width"], header["height"]) == (80, 40)
    assert PROMPT in shown
    assert "noted: next_victim = nobody" in shown
    assert [data for _, kind, data in events if kind == "r"] == ["99x33"]


def test_start_look_fail_hint_solve_pass_reset_stop(terminal, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", terminal.env["XDG_STATE_HOME"])
    # Start: the machine, the tasks, a prompt in it.
    start = terminal.type("ramlab start 05")
    start.expect_exact("05_oom@")
    start.expect_exact("Who dies when memory runs out")
    start.expect_exact(PROMPT)

    # Look, as the README suggests.
    for command, seen in (
        ("free -m", r"Mem: +2\d\d "),
        ("dmesg | grep 'Killed process'", r"Memory cgroup out of memory: Killed process \d+ \(\w+\)"),
        ("sv status /etc/service/ledgerd", r"run: /etc/service/ledgerd: \(pid \d+\)"),
        ("cat /proc/$(pgrep -xo ledgerd)/oom_score", r"\n\d{3}\r"),
        ("workload ledger", r"ledger [0-9a-f]{8} of \d+ MiB"),
        ("tasks", r"6\. +The report"),
        ("man choom | head -1", r"CHOOM\(1\)"),
    ):
        start.sendline(command)
        start.expect(seen)
        start.expect_exact(PROMPT)

    # A look at the machine from outside, which it cannot notice.
    status, seen = terminal.see("ramlab walk 05 1 400000")
    assert (status, "1 (busybox): page tables of" in seen, "The machine stood still for" in seen) == (0, True, True), (
        seen
    )
    status, seen = terminal.see("ramlab walk 05 2 0")
    assert (status, "a thread of the kernel" in seen) == (2, True), seen

    # A second terminal sees the same machine, and is recorded.
    recorded(terminal)
    start.sendline("answer")
    start.expect_exact("next_victim = nobody")
    start.expect_exact(PROMPT)
    machine = machines.find(f"05_oom@{getpass.getuser()}")
    assert locks.held(machine.folder / IN_USE)  # the idle limit leaves a machine with a terminal alone
    start.sendline("exit")
    start.expect(pexpect.EOF)
    assert not locks.held(machine.folder / IN_USE)

    # Fail: a to-do list, not a traceback.
    status, seen = terminal.see("pytest labs/05_oom")
    assert status == 1
    assert "0 of 6 tasks done" in seen
    assert "expected" in seen
    assert "Traceback" not in seen

    # Only one task, by pytest's own option: the wrong answer is quoted.
    status, seen = terminal.see("pytest labs/05_oom -k next_victim")
    assert status == 1
    assert "next_victim = nobody" in seen

    # Hints come one by one.
    first, second_hint = terminal.see("ramlab hint 05 3")[1], terminal.see("ramlab hint 05 3")[1]
    assert first != second_hint

    # Solve, with the reference answer through a pipe, as the README of the suite shows.
    status, seen = terminal.see(f"ramlab exec 05 -- sh -s < {LAB}/.meta/solution.sh")
    assert status == 0, seen

    status, seen = terminal.see("pytest labs/05_oom")
    assert status == 0, seen
    assert "6 of 6 tasks done" in seen
    assert "6 of 6" in terminal.see("ramlab list")[1] or "done" in terminal.see("ramlab list")[1]

    # Begin anew: nothing of it is left.
    assert terminal.see("ramlab reset 05")[0] == 0
    status, seen = terminal.see("pytest labs/05_oom -x")
    assert status == 1
    assert "0 of" in seen

    status, seen = terminal.see("ramlab stop 05")
    assert (status, "stopped" in seen) == (0, True)
    assert "Nothing is running" in terminal.see("ramlab status")[1]


def test_words_that_are_wrong_end_with_the_next_thing_to_type(terminal):
    for line, status, words in (
        ("ramlab start 5_omm", 2, "05_oom"),
        ("ramlab shell 05", 2, "ramlab start 05"),
        ("ramlab exec 05 -- true", 2, "ramlab start 05"),
        ("ramlab hint 05 17", 2, ""),
        ("ramlab strat 05", 2, "start"),
        ("ramlab start 05 --machine docker", 3, "--machine vm"),
    ):
        code, seen = terminal.see(line)
        assert (code, words in seen, "next: " in seen) == (status, True, True), seen
        assert "Traceback" not in seen


def test_a_terminal_says_why_its_machine_is_gone(terminal):
    start = terminal.type("ramlab start 05")
    start.expect_exact(PROMPT)
    start.sendline("poweroff")
    start.expect_exact("machine 05_oom@")
    start.expect_exact("is gone")
    start.expect_exact("next: type: ramlab reset 05")
    start.expect(pexpect.EOF)

    # 255 is not always a lost connection.
    terminal.see("ramlab start 05 --no-shell")
    status, text = terminal.see("ramlab exec 05 -- sh -c 'exit 255'")
    assert (status, text) == (255, "")
    status, text = terminal.see("ramlab exec 05 -- sh -c 'kill -9 -1'")
    assert status == 255
    assert "next: " in text
    assert terminal.see("ramlab exec 05 -- echo back")[1] == "back\r\n"
