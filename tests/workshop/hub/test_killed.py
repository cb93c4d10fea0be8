"""Whatever of a workshop is killed, ended or over."""

import os
import re
import signal
from pathlib import Path

import pytest

from ramlab.workshop.terms import moment


@pytest.mark.parametrize("name", ["hub", "proxy", "board", "culler"])
def test_whatever_is_killed_is_back_and_the_seats_stayed(workshop, ada, grace, name, browser_of, until):
    seat = ada.get(f"{workshop.url}/user/ada/").json()["pid"]
    before = workshop.pid(name)
    os.kill(before, signal.SIGKILL)
    until(lambda: workshop.pid(name) != before)
    until(lambda: ada.get(f"{workshop.url}/hub/home").status_code == 200)
    until(lambda: grace.get(f"{workshop.url}/services/board/api/room").status_code == 200)
    assert until(lambda: ada.get(f"{workshop.url}/user/ada/")).json()["pid"] == seat
    assert browser_of(workshop).sign_up("ada", code="open sesame").status_code == 400  # the accounts are there


def test_a_page_opens_while_the_hub_is_away(workshop, ada):
    """Whom the hub has let in stays in: its last word holds until it is back."""
    ada.get(f"{workshop.url}/user/ada/")
    hub = workshop.pid("hub")
    os.kill(hub, signal.SIGSTOP)  # it answers nobody, and is not seen to have ended
    try:
        assert ada.get(f"{workshop.url}/user/ada/", timeout=30).json()["viewer"] == "ada"
    finally:
        os.kill(hub, signal.SIGCONT)


def test_a_seat_that_was_killed_opens_again(workshop, bob, until):
    before = bob.get(f"{workshop.url}/user/bob/").json()["pid"]
    os.kill(before, signal.SIGKILL)
    until(lambda: "bob" not in workshop.run("status").stdout)
    assert bob.sit("bob").json()["pid"] != before


def test_a_seat_that_ends_while_its_hub_was_killed_is_no_zombie(workshop, bob, until):
    seat = bob.sit("bob").json()["pid"]
    before = workshop.pid("hub")
    os.kill(before, signal.SIGKILL)
    until(lambda: workshop.pid("hub") != before)
    until(lambda: bob.get(f"{workshop.url}/hub/home").status_code == 200)
    os.kill(seat, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{seat}").exists())
    assert bob.sit("bob").json()["pid"] != seat


def test_a_workshop_that_is_over_opens_no_seat_and_says_so(workshop, grace, browser_of, until):
    """The hub is started again with a moment that has passed, as it would be when that moment has come."""
    configuration = workshop.folder / "jupyterhub_config.py"
    text = configuration.read_text()
    assert "before_seat(None)" in text

    def restart(content):
        configuration.write_text(content)
        before = workshop.pid("hub")
        os.kill(before, signal.SIGKILL)
        until(lambda: workshop.pid("hub") != before)
        until(lambda: grace.get(f"{workshop.url}/hub/home").status_code == 200)

    restart(text.replace("before_seat(None)", "before_seat(1e9)"))
    late = browser_of(workshop)
    answer = late.sign_up("late")
    assert f"This workshop ended at {moment(1e9)[:10]}" in answer.text
    restart(text)
    assert late.sit("late").json()["viewer"] == "late"


def test_when_all_seats_are_taken_the_next_one_is_told(workshop, ada, bob, browser_of):
    """Four seats, and one for the instructor's own: ada, bob, late and two more."""
    for name in ("dora", "emil"):
        one = browser_of(workshop)
        one.sign_up(name)
        one.sit(name)
    answer = browser_of(workshop).sign_up("last")
    assert answer.status_code == 429
    assert "All 4 seats are taken" in answer.text


def test_a_second_up_says_that_it_runs(workshop):
    done = workshop.run("up")
    assert done.returncode == 2
    assert "runs already" in done.stderr


def test_status_names_who_sits(workshop, ada):
    done = workshop.run("status")
    assert done.returncode == 0, done.stderr
    assert "hub: up" in done.stdout
    assert re.search(r"seats: \d of 4 taken", done.stdout)
    assert f"{workshop.url}/user/ada/" in done.stdout


def test_ctrl_c_leaves_the_seats_and_up_takes_them_back(workshop, ada, until):
    seat = ada.get(f"{workshop.url}/user/ada/").json()["pid"]
    os.kill(workshop.up.pid, signal.SIGINT)
    assert workshop.up.wait(60) == 0
    assert "the seats wait" in workshop.said()
    left = workshop.processes()
    assert seat in left
    assert all("plain_seat" in said for said in left.values()), left
    assert "not running" in workshop.run("status").stdout
    workshop.start()
    assert until(lambda: ada.get(f"{workshop.url}/user/ada/")).json()["pid"] == seat


def test_an_up_that_was_killed_is_taken_over(workshop, ada, until):
    seat = ada.get(f"{workshop.url}/user/ada/").json()["pid"]
    hub = workshop.pid("hub")
    workshop.up.kill()
    workshop.up.wait()
    assert hub in workshop.processes()
    workshop.start()
    assert hub not in workshop.processes()
    assert until(lambda: ada.get(f"{workshop.url}/user/ada/")).json()["pid"] == seat


def test_down_leaves_nothing(workshop, ada):
    assert workshop.processes()
    done = workshop.run("down")
    assert done.returncode == 0, done.stderr
    assert "Nobody had been in it" in done.stdout  # these seats report nothing
    assert workshop.up.wait(60) == 0
    assert workshop.processes() == {}
    assert not workshop.folder.exists()
    assert "no workshop" in workshop.run("status").stderr
