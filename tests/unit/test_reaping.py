"""What is left of killed attempts goes, and nothing that somebody is just making."""

import os
import threading

import pytest

from containers import locks, machines, paths
from ramlab import attempts


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def half_made(name):
    folder = paths.state() / "machines" / name
    folder.mkdir(parents=True)
    return folder


def test_a_sweep_waits_for_whoever_is_making_a_machine():
    folder = half_made("01_notes@ada.try-1")
    sweeping = threading.Thread(target=attempts.reap)
    with machines.locked(folder.name):
        sweeping.start()
        sweeping.join(0.5)
        assert (sweeping.is_alive(), folder.exists()) == (True, True)
        folder.rmdir()
    sweeping.join(10)
    assert not sweeping.is_alive()


def test_what_nobody_holds_is_removed():
    folder = half_made("01_notes@ada.try-1")

    assert (attempts.reap(), folder.exists()) == ([folder.name], False)


class Machine:
    """One that runs."""

    def __init__(self, name):
        self.name = name
        self.stopped = False

    def stop(self):
        self.stopped = True


def test_a_machine_is_reaped_when_its_attempt_is_gone_and_only_then(monkeypatch):
    ours, theirs, learners = every = [
        Machine(f"01_notes@{name}") for name in (f"ada.try-{os.getpid()}", "bob.try-4000000", "cyd")
    ]
    monkeypatch.setattr(machines, "every", lambda: every)
    monkeypatch.setattr(machines, "find", {one.name: one for one in every}.get)
    descriptor = locks.hold_shared(paths.state() / "locks" / f"try-{os.getpid()}.lock")

    assert attempts.reap() == [theirs.name]
    assert [one.stopped for one in (ours, theirs, learners)] == [False, True, False]
    os.close(descriptor)
    assert attempts.stop_own() == [ours.name]


def test_who_is_known_to_have_ended_loses_its_machine_though_a_child_of_it_holds_the_lock_yet(monkeypatch):
    theirs, _ = every = [Machine(f"01_notes@{name}") for name in ("bob.try-4000000", "cyd.try-4000001")]
    monkeypatch.setattr(machines, "every", lambda: every)
    monkeypatch.setattr(machines, "find", {one.name: one for one in every}.get)
    held = [locks.hold_shared(paths.state() / "locks" / f"try-{pid}.lock") for pid in (4000000, 4000001)]

    assert attempts.reap(4000000) == [theirs.name]

    assert [one.stopped for one in every] == [True, False]
    for descriptor in held:
        os.close(descriptor)
