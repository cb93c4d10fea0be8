"""Progress: nothing for what is over at once, a line per stage in a pipe, one live line on a terminal."""

import io
import os
import pty
import time

import pytest

from ramlab import progress, records
from ramlab.progress import Steps


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "ramlab"


def until(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_what_is_over_at_once_is_not_worth_a_word():
    stream = io.StringIO()

    with Steps("start 05", stream=stream) as steps:
        steps("forking the machine")

    assert stream.getvalue() == ""


def test_in_a_pipe_each_stage_is_a_line(monkeypatch):
    monkeypatch.setattr(progress, "CALM", 0.01)
    stream = io.StringIO()

    with Steps("build", stream=stream) as steps:
        steps("fetching")
        until(lambda: "fetching" in stream.getvalue())
        steps("packing")

    assert [line.split(" (")[0] for line in stream.getvalue().splitlines()] == ["build: fetching", "build: packing"]
    assert "\r" not in stream.getvalue()


def test_what_it_took_last_time_is_what_is_expected(monkeypatch, state):
    monkeypatch.setattr(progress, "CALM", 0.01)
    records.write(state / "durations.json", {"build": {"fetching": 61.4, "packing": 12.0}})
    stream = io.StringIO()

    with Steps("build", stream=stream) as steps:
        steps("fetching")
        until(stream.getvalue)

    assert stream.getvalue() == "build: fetching, usually 61 s (0 s so far)\n"


def test_a_step_that_failed_teaches_nothing(state):
    steps = Steps("build", stream=io.StringIO()).__enter__()
    steps("fetching")
    steps.__exit__(ValueError, ValueError("x"), None)

    assert records.read(state / "durations.json") == {}


def test_on_a_terminal_one_line_lives_and_goes(monkeypatch):
    monkeypatch.setattr(progress, "CALM", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream, Steps("build", stream=stream) as steps:
        steps("fetching")
        said = os.read(ours, 4096)
        steps("packing")
        while b"packing" not in said:
            said += os.read(ours, 4096)
    said += os.read(ours, 4096)
    os.close(ours)

    assert b"\n" not in said
    assert said.endswith(b"\r\x1b[K")
