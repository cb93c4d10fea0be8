"""Processes that are somebody else's children: found, told apart, ended."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ramlab.workshop import processes
from ramlab.workshop.processes import Process, Worker

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


@pytest.fixture
def sleeper():
    started = []

    def start(*words, **environment):
        one = subprocess.Popen(
            words or ("sleep", "600"), env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
        )
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()
        one.wait()


def test_who_has_ended_is_not_alive_though_nobody_asked(sleeper):
    child = sleeper()
    process = Process.of(child.pid)
    assert process.alive
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie now
    assert not process.alive
    assert Process.of(child.pid) is None


def test_a_number_that_came_again_is_somebody_else(sleeper):
    child = sleeper()
    other = Process(child.pid, Process.of(child.pid).began - 1)
    assert not other.alive
    other.signal(signal.SIGKILL)
    processes.end([other])
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.5)


def test_who_does_not_listen_is_ended(sleeper):
    stubborn, meek = sleeper(sys.executable, "-c", STUBBORN), sleeper()
    assert stubborn.stdout.readline() == "up\n"
    processes.end([Process.of(stubborn.pid), Process.of(meek.pid)], patience=0.5)
    assert (stubborn.wait(), meek.wait()) == (-signal.SIGKILL, -signal.SIGTERM)


def test_whoever_has_a_setting_is_found_and_nobody_else(sleeper, tmp_path):
    setting = f"RAMLAB_WORKSHOP_FOLDER={tmp_path}"
    ours, other = sleeper(RAMLAB_WORKSHOP_FOLDER=str(tmp_path)), sleeper(RAMLAB_WORKSHOP_FOLDER=f"{tmp_path}/x")
    found = {one.pid for one in processes.with_environment(setting)}
    assert ours.pid in found
    assert other.pid not in found


def test_a_worker_comes_again_at_once_and_one_that_cannot_live_with_pauses(tmp_path):
    worker = Worker("w", ["true"], {}, tmp_path / "log")
    pauses = []
    now = 100.0
    for _ in range(8):
        worker.started = now  # and it ends at once
        begun = now
        while not worker.is_due(now):
            now += 0.25
        pauses.append(now - begun)
    assert pauses == [0, 1, 2, 4, 8, 16, 30, 30]
    worker.started = now - 60  # it has lived for a minute
    assert worker.is_due(now)
    assert worker.failures == 0


def test_a_worker_that_ends_is_seen_to_have(tmp_path):
    worker = Worker("w", ["sh", "-c", "echo said; exit 3"], {"PATH": os.environ["PATH"]}, tmp_path / "log")
    worker.start()
    deadline = time.monotonic() + 60
    while worker.alive:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert (tmp_path / "log").read_text() == "said\n"
