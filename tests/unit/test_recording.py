"""What a recorded terminal's file has. A real terminal, and a real program in it."""

import io
import json
import os
import sys
from pathlib import Path

import pexpect
import pytest

from containers.errors import UsageError
from ramlab import recording

ROOT = Path(__file__).parent.parent.parent
RECORD = "import sys; from ramlab import recording; sys.exit(recording.run(sys.argv[1:], '05_oom@ada'))"


@pytest.fixture
def record(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def spawn(*argv, rows=24):
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
        env.update(COLUMNS="79", LINES="23")  # some shells export them; they say what was, not what is
        child = pexpect.spawn(sys.executable, ["-c", RECORD, *argv], env=env, dimensions=(rows, 80), timeout=60)
        child.delaybeforesend = None
        return child

    return spawn


def ended(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def events(path):
    header, *lines = path.read_text().splitlines()
    return json.loads(header), [json.loads(line) for line in lines]


def test_what_was_shown_is_kept_letter_by_letter(record):
    child = record("sh", "-c", "printf 'n\\303'; sleep 0.2; printf '\\266 '; read line; echo got $line; exit 3")
    child.expect_exact("nö ".encode())
    child.sendline("typed")

    assert ended(child) == 3
    (path,) = recording.casts("05_oom@ada")
    assert f"Recorded: {path}" in child.before.decode()
    header, said = events(path)
    assert (header["version"], header["width"], header["height"]) == (2, 80, 24)
    assert "".join(data for _, kind, data in said if kind == "o") == "nö typed\r\ngot typed\r\n"
    moments = [moment for moment, _, _ in said]
    assert moments == sorted(moments)
    assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0


def test_a_terminal_that_resizes_is_one_inside_too(record):
    child = record("sh", "-c", "echo ready; read line; stty size")
    child.expect_exact("ready")
    child.setwinsize(30, 100)
    child.sendline("")
    child.expect_exact("30 100")

    assert ended(child) == 0
    assert [data for _, kind, data in events(recording.casts("05_oom@ada")[0])[1] if kind == "r"] == ["100x30"]


def test_each_shell_has_a_file_and_a_killed_one_has_what_it_showed(record):
    assert ended(record("echo", "one")) == 0
    child = record("sh", "-c", "echo two; kill -9 $$")
    assert ended(child) == 137

    first, second = recording.casts("05_oom@ada")
    assert (first.name, second.name) == ("session-1.cast", "session-2.cast")
    assert "two" in second.read_text()


def test_without_a_terminal_there_is_nothing_to_record(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(UsageError, match="only what a terminal shows"):
        recording.run(["true"], "05_oom@ada")
