"""Machines that are up before their participants: who gets one, and that there is nothing else about it."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest
import requests

from containers.errors import UsageError
from ramlab.workshop import warming
from ramlab.workshop.terms import Terms

from .conftest import INSTRUCTOR, Workshop, until


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "ramlab"
    for name in (warming.FREE, warming.TAKEN):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture
def warm(state, monkeypatch):
    """Stand-ins whose machines are up, as far as a seat can tell without one."""

    class Machine:
        def __init__(self, name):
            self.folder = state / "machines" / name
            self.folder.mkdir(parents=True, exist_ok=True)

    up = ["Warm-01", "Warm-02", "Warm-03"]
    for name in up:
        (state / warming.FREE / name).touch()
    monkeypatch.setattr(warming.machines, "find", lambda name: Machine(name) if name.partition("@")[2] in up else None)
    return up


def test_each_participant_takes_another_and_keeps_it(warm):
    people = [f"student{number}" for number in range(5)]
    taken = {}

    def come(name):
        taken[name] = warming.take(name, "05_oom")

    threads = [threading.Thread(target=come, args=(name,)) for name in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(taken[name] for name in people if taken[name] != name) == ["Warm-01", "Warm-02", "Warm-03"]
    assert {name: warming.take(name, "05_oom") for name in people} == taken


def test_one_whose_machine_has_ended_is_nobodys(warm):
    warm.remove("Warm-01")

    assert warming.take("ada", "05_oom") == "Warm-02"


def test_time_counts_from_when_it_is_taken(state, warm):
    before = time.time()
    warming.take("ada", "05_oom")

    note = json.loads((state / "machines" / "05_oom@Warm-01" / "lab.json").read_text())
    assert before <= note["started"] <= time.time()


def test_no_participant_can_be_called_like_a_stand_in():
    with pytest.raises(UsageError):
        Terms(instructors=(warming.STAND_IN.format(1),)).checked("here")


def making(monkeypatch, state, program, *, wanted=2, seats=2):
    """A Warmer that runs `program` in the place of what brings a machine up."""
    real = subprocess.Popen

    def popen(argv, **words):
        assert argv[3:6] == ["ramlab.workshop.bringing_up", "ensure", "05_oom"]
        return real([sys.executable, "-c", program], **words)

    monkeypatch.setattr(warming.subprocess, "Popen", popen)
    return warming.Warmer("05_oom", wanted, seats, dict(os.environ), state)


def said(warmer):
    return until(warmer.step)


def test_no_more_are_made_than_seats_are_free(state, monkeypatch):
    assert warming.take("early", "05_oom") == "early"  # nothing was warm yet
    warmer = making(monkeypatch, state, "")

    assert said(warmer) == "1 machines are up and wait for their participants"
    assert [path.name for path in (state / warming.FREE).iterdir()] == ["Warm-01"]


def test_after_three_failures_no_more_are_tried(state, monkeypatch):
    warmer = making(monkeypatch, state, "raise SystemExit(4)")

    assert "the last ones failed" in said(warmer)
    assert (warmer.failed, list((state / warming.FREE).iterdir()), warmer.step()) == (3, [], "")


def test_a_workshop_that_is_taken_back_goes_on_where_it_was(state, monkeypatch):
    said(making(monkeypatch, state, ""))
    warmer = making(monkeypatch, state, "raise SystemExit('a machine that there is was made again')")

    assert said(warmer) == "2 machines are up and wait for their participants"


def test_the_end_ends_what_is_being_made(state, monkeypatch):
    wait = "import os; os.read(int(os.environ['RAMLAB_LIFELINE']), 1)"
    warmer = making(monkeypatch, state, wait)
    warmer.step()
    assert warmer.pid

    warmer.end()

    assert warmer.pid == 0
    assert list((state / warming.FREE).iterdir()) == []


@pytest.fixture(scope="module")
def shop(tmp_path_factory, node):
    one = Workshop(tmp_path_factory.mktemp("warm"), warm=1)
    one.up()
    try:
        until(lambda: one.said("1 machines are up"), "the warm machine")
        yield one
    finally:
        one.down()
    until(lambda: one.processes() == [], "the end of all processes")


def enter(shop, name, password="any"):  # noqa: S107 -- of a demo, which takes any
    """Somebody who has signed in."""
    person = requests.Session()
    person.trust_env = False
    person.get(f"{shop.home}hub/login")
    token = next(one.value for one in person.cookies if one.name == "_xsrf" and one.path == "/hub/")
    person.post(f"{shop.home}hub/login", data={"_xsrf": token, "username": name, "password": password})
    return person


def sit(shop, name):
    """The state of a seat whose machine is ready."""
    person = enter(shop, name)

    def ready():
        answer = person.get(f"{shop.home}user/{name}/api/state")
        if answer.status_code != 200 or "application/json" not in answer.headers["content-type"]:
            person.get(f"{shop.home}hub/spawn/{name}")
            return None
        return answer.json() if answer.json()["machine"]["state"] == "ready" else None

    return until(ready, f"{name}'s machine")


@pytest.mark.machine
def test_who_comes_first_has_the_machine_that_is_there_and_the_next_one_has_another(shop):
    (warm,) = shop.processes("qemu-system", "90_vault@Warm-01")

    first = sit(shop, "ada")

    assert shop.processes("qemu-system") == [warm]
    assert first["student"] == "ada"
    assert first["machine"]["begun"] > time.time() - 300

    second = sit(shop, "bob")

    assert second["student"] == "bob"
    assert len(shop.processes("qemu-system", "90_vault@bob")) == 1
    assert shop.processes("qemu-system", "90_vault@Warm-01") == [warm]


@pytest.mark.machine
def test_the_board_knows_them_by_their_names(shop):
    instructor = enter(shop, INSTRUCTOR, shop.password)

    def room():
        answer = instructor.get(f"{shop.home}services/board/api/room")
        return sorted(seat["student"] for seat in answer.json()["seats"]) if answer.ok else None

    assert until(lambda: (names := room()) and len(names) == 2 and names, "both rows") == ["ada", "bob"]
