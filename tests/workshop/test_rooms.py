"""What the board makes of what seats say: rows, attempts, who is stuck, what is wrong; and that none of it is lost."""

import json
import os
import signal
import subprocess
import sys

import pytest

from ramlab import catalogue
from ramlab.workshop import keeping, keys, ledger, reports, stuck, views
from ramlab.workshop.rooms import MOST_ATTEMPTS, Room

T = 1_900_000_000.0
LABS = {name: catalogue.Lab.load(catalogue.resolve(name)) for name in ("05_oom", "01_free")}
OOM = [task.check for task in LABS["05_oom"].tasks]


def task(check, outcome="open", seen="nothing", hints=0):
    message = f"seen: {seen}; expected: the other; next: look" if outcome == "failed" else ""
    return {"check": check, "outcome": outcome, "message": message, "hints": {"taken": hints, "of": 3}}


def state(*tasks, lab="05_oom", machine="ready", since=T, begun=T, active=T, **more):
    """A seat's report as it posts it."""
    said = {"state": machine, "step": "", "since": since, "message": more.pop("message", ""), "begun": begun}
    content = {"lab": lab, "machine": said, "active": active, "checked": T, "tasks": list(tasks), **more}
    return reports.read(json.dumps(content).encode(), LABS)


@pytest.fixture
def room():
    return Room(LABS)


def at_work(room, student, seconds, *tasks, begin=T):
    """Somebody who types all the time, and whose seat reports every five seconds."""
    now = begin
    while now <= begin + seconds:
        room.heard(student, state(*tasks, active=now), now)
        now += 5
    return now - 5


# -- reports ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no object"),
        (b'{"lab": "../../etc"}', "legal: 05_oom, 01_free"),
        (b'{"lab": "05_oom", "tasks": 3}', "no list"),
        (b'{"lab": "05_oom", "tasks": [], "machine": {"state": "<b>"}}', "legal: ready"),
        (b'{"lab": "05_oom", "machine": {"state": "ready"}, "tasks": [{"check": "test_x"}]}', "has not, or twice"),
        (b" " * (reports.MOST + 1), "bytes"),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(content, why):
    with pytest.raises(reports.BadReport, match=why):
        reports.read(content, LABS)


def test_a_report_cannot_bring_more_than_it_may():
    one = task(OOM[0], "failed", seen="\x1b[2J\u202e" + "x" * 100_000)
    its = state(one | {"hints": {"taken": 10**30}}, message="y" * 9999, since=1e300, begun="1", active=float("inf"))

    said = its.tasks[OOM[0]]

    assert len(said.message) == reports.MOST_OF_A_MESSAGE
    assert said.message.startswith("seen: ?[2J?x")
    assert (said.hints, len(its.machine.message)) == (100, reports.MOST_WORDS)
    assert (its.machine.since, its.machine.begun, its.active) == (0, 0, 0)


def test_a_key_is_one_seats_alone():
    key = keys.seat_key("secret", "ada")

    assert keys.is_key(key, "secret", "ada")
    assert not keys.is_key(key, "secret", "bob")
    assert not keys.is_key(key, "other", "ada")
    assert not keys.is_key(keys.seat_key("", "ada"), "", "ada"), "a workshop without a secret has no keys"
    assert not keys.is_key("é", "secret", "ada")


# -- rows ------------------------------------------------------------------------------------------------------------


def test_a_machine_as_it_came_is_nothing_done_and_no_mistake(room):
    room.heard("ada", state(task(OOM[0], "failed", "no victim named"), task(OOM[1])), T)

    (row,) = views.of_room(room, T)["seats"]

    assert row["cells"]["05_oom"][:2] == ["untouched", "untouched"]
    assert ledger.wrong_now(room) == []


def test_a_wrong_state_a_right_one_and_one_that_is_right_no_more(room):
    for number, (outcome, seen) in enumerate(
        [("failed", "none"), ("failed", "pid 71 named"), ("passed", ""), ("failed", "none")]
    ):
        room.heard("ada", state(task(OOM[0], outcome, seen)), T + number)
        cell = room.seats["ada"].work.now.cells[OOM[0]]
        assert views.of_room(room, T)["seats"][0]["cells"]["05_oom"][0] == [
            "untouched", "wrong", "done", "wrong",
        ][number]  # fmt: skip

    assert (cell.passed, cell.tries, cell.changed) == (T + 2, 1, T + 3)


def test_most_reports_only_say_that_the_seat_is_still_there(room):
    assert room.heard("ada", state(task(OOM[0], "failed")), T)
    assert not room.heard("ada", state(task(OOM[0], "failed"), active=T + 5), T + 5)
    for number, new in enumerate((
        state(task(OOM[0], "failed", hints=1)), state(task(OOM[0], "failed", "other", hints=1)),
        state(task(OOM[0], "passed", hints=1)), state(task(OOM[0], "error", hints=1)),
        state(task(OOM[0], "error", hints=1), machine="stalled"),
        state(task(OOM[0], "error", hints=1), begun=T + 9), state(lab="01_free"),
    )):  # fmt: skip
        assert room.heard("ada", new, T + 9), number
        assert not room.heard("ada", new, T + 10), number


def test_what_could_not_be_checked_takes_nothing_back(room):
    room.heard("ada", state(task(OOM[0], "passed"), task(OOM[1], "failed")), T)
    broken = [task(check, "error") | {"message": "the door does not answer"} for check in OOM[:2]]
    room.heard("ada", state(*broken, machine="stalled"), T + 5)

    assert views.of_room(room, T)["seats"][0]["cells"]["05_oom"][:2] == ["done", "trouble"]
    assert views.of_seat(room, "ada", T)["works"][0]["tasks"][1]["trouble"] == "the door does not answer"


def test_a_fresh_machine_is_another_attempt_and_so_it_is_by_its_number(room):
    room.heard("ada", state(task(OOM[0], "passed"), begun=T), T)
    room.heard("ada", state(task(OOM[0]), begun=T, machine="resetting"), T + 5)
    room.heard("ada", state(task(OOM[0], "failed"), begun=T + 6), T + 9)
    room.heard("ada", state(task(OOM[0], "failed"), begun=T + 6), T + 14)

    work = room.seats["ada"].work

    assert (work.made, [len(one.done) for one in work.attempts], work.resets) == (2, [1, 0], 1)
    assert work.ever == {OOM[0]: T}


def test_a_fresh_machine_is_another_attempt_though_the_seat_does_not_number_them(room):
    room.heard("ada", state(task(OOM[0], "passed"), begun=0), T)
    for second in range(3):
        room.heard("ada", state(task(OOM[0]), begun=0, machine="resetting"), T + second)
    room.heard("ada", state(task(OOM[0], "failed"), begun=0), T + 9)

    assert room.seats["ada"].work.made == 2


def test_of_too_many_attempts_the_best_are_kept(room):
    for number in range(MOST_ATTEMPTS + 5):
        outcome = "passed" if number == 1 else "failed"
        room.heard("ada", state(task(OOM[0], outcome), begun=T + number), T + number)

    work = room.seats["ada"].work

    assert (len(work.attempts), work.made) == (MOST_ATTEMPTS, MOST_ATTEMPTS + 5)
    assert [one.done for one in work.attempts if one.done] == [[OOM[0]]]


def test_another_lab_has_a_row_of_its_own(room):
    check = LABS["01_free"].tasks[0].check
    room.heard("ada", state(task(OOM[0], "passed")), T)
    room.heard("ada", state(task(check, "failed"), lab="01_free"), T + 5)

    (row,) = views.of_room(room, T)["seats"]

    assert (row["lab"], row["cells"]["05_oom"][0], row["cells"]["01_free"][0]) == ("01_free", "done", "untouched")


# -- stuck -----------------------------------------------------------------------------------------------------------


def why(room, now, student="ada"):
    found = stuck.of_seat(room.seats[student], LABS, now)
    return found.why if found else ()


def test_work_without_a_task_done_makes_one_stuck_and_a_task_done_ends_it(room):
    last = at_work(room, "ada", 590, task(OOM[0], "failed"))
    assert why(room, last) == ()

    last = at_work(room, "ada", 20, task(OOM[0], "failed"), begin=last)
    assert why(room, last) == ("10 min of work since a task was last done",)

    room.heard("ada", state(task(OOM[0], "passed"), active=last), last + 1)
    assert why(room, last + 1) == ()


def test_whoever_is_away_does_not_work_and_is_not_stuck(room):
    for number in range(400):
        room.heard("ada", state(task(OOM[0], "failed"), active=T), T + 5 * number)

    assert room.seats["ada"].work.worked <= 125
    assert why(room, T + 2000) == ()


def test_the_seats_clock_may_be_wrong(room):
    for number in range(400):
        room.heard("ada", state(task(OOM[0], "failed"), active=T + 10**6), T + 5 * number)

    assert room.seats["ada"].active == T + 5 * 399, "no later than now"


def test_many_wrong_states_of_one_task(room):
    for number in range(stuck.TRIES + 1):
        room.heard("ada", state(task(OOM[2], "failed", f"the {'abcdef'[number]} dies"), active=T + number), T + number)

    assert why(room, T + 6) == ("5 different wrong states of it",)
    room.heard("ada", state(task(OOM[2], "passed"), active=T + 7), T + 7)
    assert why(room, T + 7) == ()


def test_the_same_wrong_state_with_other_numbers_is_the_same(room):
    for number in range(20):
        room.heard("ada", state(task(OOM[2], "failed", f"pid {number} dies"), active=T + number), T + number)

    assert why(room, T + 20) == ()


def test_a_stalled_machine_after_a_minute_and_a_failed_one_at_once(room):
    room.heard("ada", state(machine="stalled", since=T, message="swap is full"), T + 30)
    assert why(room, T + 30) == ()
    room.heard("ada", state(machine="stalled", since=T, message="swap is full"), T + 65)
    assert why(room, T + 65) == ("the machine has been stalled for 65 s: swap is full",)
    room.heard("ada", state(machine="failed", since=T + 66, message="QEMU ended"), T + 66)
    assert why(room, T + 66) == ("the machine has failed: QEMU ended",)


def test_whoever_has_done_all_or_has_left_is_not_stuck(room):
    last = at_work(room, "ada", 700, *(task(check, "passed") for check in OOM))
    assert why(room, last) == ()
    last = at_work(room, "bob", 700, task(OOM[0], "failed"))
    assert why(room, last, "bob")
    assert why(room, last + stuck.SILENT + 1, "bob") == ()


def test_fresh_machines_without_an_end(room):
    for number in range(4):
        room.heard("ada", state(task(OOM[0], "failed"), begun=T + number, active=T + number), T + number)

    assert why(room, T + 5) == ("3 fresh machines since a task was last done",)


# -- wrong states ----------------------------------------------------------------------------------------------------


def test_what_several_have_wrong_in_the_same_way_counts_as_one(room):
    for number, student in enumerate(("ada", "bob", "cyd")):
        room.heard(student, state(task(OOM[2], "failed", "not set")), T)
        seen = f"oom_score_adj of pid {71 + number} is 0" if student != "cyd" else "no service at all"
        room.heard(student, state(task(OOM[2], "failed", seen)), T + 1)

    first, second = views.of_room(room, T + 1)["wrongs"]

    assert (first["words"], first["count"], first["of"], first["task"]) == ("oom_score_adj of pid N is N", 2, 3, 3)
    assert list(first["students"]) == ["ada", "bob"]
    assert (second["words"], second["count"]) == ("no service at all", 1)


# -- on disk ---------------------------------------------------------------------------------------------------------


def test_a_room_comes_back_as_it_was(room, tmp_path):
    at_work(room, "ada", 100, task(OOM[0], "passed"), task(OOM[1], "failed", hints=2))
    room.note("look at task 2", "", T)
    keeping.write(tmp_path / keeping.NAME, json.dumps({"format": 1, **room.record()}))

    again = keeping.read(tmp_path / keeping.NAME, LABS)

    assert again == room
    assert (tmp_path / keeping.NAME).stat().st_mode & 0o777 == 0o600


def test_labs_that_are_no_more_are_left_out(room):
    room.heard("ada", state(task(OOM[0], "passed")), T)
    room.heard("bob", state(task(OOM[0], "passed")), T)
    check = LABS["01_free"].tasks[0].check
    room.heard("bob", state(task(check, "failed"), lab="01_free"), T)
    record = json.loads(json.dumps(room.record()))

    again = Room.of_record(record, {"01_free": LABS["01_free"]})

    assert list(again.seats) == ["bob"]
    assert list(again.seats["bob"].labs) == ["01_free"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 1}', '{"format": 1, "last_note": 0, "notes": 3, "seats": []}']
)
def test_a_damaged_file_is_put_aside_and_said(content, tmp_path, capsys):
    path = tmp_path / keeping.NAME
    path.write_text(content)

    assert keeping.read(path, LABS) == Room(LABS)
    assert next(tmp_path.glob("board.damaged-*")).read_text() == content
    assert "the room begins empty" in capsys.readouterr().err


def test_a_process_that_is_killed_while_it_writes_leaves_a_whole_room(tmp_path):
    path = tmp_path / keeping.NAME
    program = (
        "import json, pathlib, sys; from ramlab.workshop import keeping\n"
        "for number in range(10**9):\n"
        "    keeping.write(pathlib.Path(sys.argv[1]), json.dumps({'number': number, 'more': 'x' * 500_000}))\n"
        "    print(number, flush=True)\n"
    )
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True) as writer:
            said = [int(writer.stdout.readline()) for _ in range(20)]
            os.kill(writer.pid, signal.SIGKILL)
            writer.wait()

        assert json.loads(path.read_text())["number"] >= said[-1]
