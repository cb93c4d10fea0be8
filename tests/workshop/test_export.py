"""The room as a grade book: the best machine counts, what could not be checked is no 0, all formats say the same."""

import csv
import json
import xml.etree.ElementTree as ET

import pytest

from containers.errors import UsageError
from ramlab import catalogue
from ramlab.grading.course import Course, Terms
from ramlab.workshop import export, keeping, reports
from ramlab.workshop.rooms import Room

T = 1_900_000_000.0
LABS = {name: catalogue.Lab.load(catalogue.resolve(name)) for name in ("05_oom", "01_free")}
OOM = LABS["05_oom"].tasks
MARKUP = "<script>alert(1)</script>"


def heard(room, student, when, *tasks, lab="05_oom", begun=T):
    """A report with (number, outcome, seen, hints) for each task."""
    said = [
        {
            "check": LABS[lab].tasks[number - 1].check,
            "outcome": outcome,
            "message": f"seen: {seen}; expected: another; next: look" if outcome == "failed" else seen,
            "hints": {"taken": hints, "of": 3},
            "seconds": 0.25,
        }
        for number, outcome, seen, hints in tasks
    ]
    state = {"lab": lab, "machine": {"state": "ready", "begun": begun}, "active": when, "tasks": said}
    room.heard(student, reports.read(json.dumps(state).encode(), LABS), when)


@pytest.fixture
def folder(tmp_path):
    """A workshop in which ada has done most, bob little and twice, cyd's checks broke, and dot did another lab."""
    room = Room(LABS)
    heard(room, "ada", T, *((number, "failed", "untouched", 0) for number in range(1, 7)))
    heard(room, "ada", T + 90, (1, "passed", "", 1), (2, "failed", f"victim {MARKUP}", 0), (3, "passed", "", 0))
    heard(room, "bob", T, (1, "failed", "a", 0), (2, "failed", "b", 0))
    heard(room, "bob", T + 300, (1, "passed", "", 0), (2, "failed", "=cmd()", 0))
    heard(room, "bob", T + 360, (1, "failed", "a", 0), (2, "failed", "b", 0), begun=T + 350)
    heard(room, "cyd", T, (1, "error", "the door does not answer", 0))
    heard(room, "dot", T, (1, "passed", "", 0), lab="01_free")
    folder = tmp_path / "state" / "ramlab" / "workshops" / "workshop"
    folder.mkdir(parents=True)
    keeping.write(folder / keeping.NAME, json.dumps({"format": 1, **room.record()}))
    (folder / "terms.json").write_text(json.dumps({"title": "Memory in May"}))
    return folder


@pytest.fixture
def book(folder, tmp_path):
    assert export.write(folder, tmp_path / "out") == 4
    return tmp_path / "out"


def rows(path):
    return {row["student"]: row for row in csv.DictReader(path.open())}


def test_the_best_machine_counts_and_what_could_not_be_checked_is_no_zero(book):
    grades = rows(book / "grades.csv")

    assert list(grades) == ["ada", "bob", "cyd", "dot"]
    assert grades["ada"]["05_oom"] == f"{OOM[0].points + OOM[2].points}"
    assert grades["bob"]["05_oom"] == f"{OOM[0].points}", "of the machine before the reset"
    assert (grades["cyd"]["05_oom"], grades["cyd"]["total"]) == ("", "0")
    assert "could not be graded: the door does not answer" in grades["cyd"]["remarks"]
    assert grades["dot"]["01_free"] == f"{LABS['01_free'].tasks[0].points}"


def test_attempts_and_times_stand_in_a_table_of_their_own(book):
    table = list(csv.DictReader((book / export.TIMES).open()))

    its = {(row["student"], row["attempt"], row["task"]): row for row in table if row["lab"] == "05_oom"}
    assert its["ada", "1", "1"]["minutes"] == "1.5"
    assert (its["ada", "1", "1"]["outcome"], its["ada", "1", "1"]["hints"]) == ("passed", "1")
    assert (its["ada", "1", "2"]["done"], its["ada", "1", "2"]["wrong states"]) == ("", "1")
    assert (its["bob", "1", "1"]["minutes"], its["bob", "2", "1"]["minutes"]) == ("5.0", "")
    assert len([key for key in its if key[0] == "bob"]) == 2 * len(OOM)


def test_the_other_formats_say_the_same(book):
    told = json.loads((book / "grades.json").read_text())
    assert told["title"] == "Memory in May"
    assert told["students"]["ada"]["labs"]["05_oom"]["file"] == "ada-05_oom-1"
    assert len(told["submissions"]) == 5
    suites = {suite.get("name"): suite for suite in ET.fromstring((book / "junit.xml").read_text())}  # noqa: S314 -- ours
    assert set(suites) == {"ada-05_oom-1", "bob-05_oom-1", "bob-05_oom-2", "cyd-05_oom-1", "dot-01_free-1"}
    assert len(suites["ada-05_oom-1"].findall("testcase/failure")) == 4
    (ada,) = (json.loads(path.read_text()) for path in (book / "gradescope").glob("*-ada-05_oom.json"))
    assert (ada["score"], ada["execution_time"]) == (OOM[0].points + OOM[2].points, 90)
    assert len(list((book / "prairielearn").iterdir())) == 5


def test_pages_say_attempts_and_show_markup_as_text(book):
    index = (book / "index.html").read_text()
    ada = (book / "students" / "ada.html").read_text()

    assert "victim &lt;script&gt;" in index
    assert "victim &lt;script&gt;" in ada
    assert MARKUP not in index + ada
    assert "Memory in May" in ada
    for word in ("handed in", "SHA-256", "Answers that are alike"):
        assert word not in index + ada
    assert "<dt>attempts</dt><dd>5</dd>" in index


def test_a_courses_terms_count_and_its_secret_signs(folder, tmp_path):
    course = Course(secret=b"0123456789abcdef", hint_percent=50, labs={"05_oom": Terms(points=100)})

    export.write(folder, tmp_path / "out", course)

    grades = rows(tmp_path / "out" / "grades.csv")
    worth = (OOM[0].points / 2 + OOM[2].points) * 100 / LABS["05_oom"].points
    assert float(grades["ada"]["05_oom"]) == pytest.approx(worth, abs=0.01)
    assert "01_free is none of this course's labs" in (tmp_path / "out" / "grades.csv").read_text()
    assert course.holds(json.loads((tmp_path / "out" / "grades.json").read_text()))


def test_the_command_finds_the_workshop_and_says_what_there_is(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    assert export.export(name="workshop", out=str(tmp_path / "book"), course="") == 0
    assert "4 participants" in capsys.readouterr().out
    assert (tmp_path / "book" / "grades.csv").exists()
    with pytest.raises(UsageError) as refused:
        export.export(name="other", out=str(tmp_path / "book"), course="")
    assert "there is: workshop" in refused.value.hint
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "nobody has been"), ('{"format": 1, "last_note": 0, "notes": [], "seats": {}}', "nobody has been"),
     ("{", "cannot be read"), ('{"format": 2}', "cannot be read"), ('{"seats": {"a": 3}}', "cannot be read")],
)  # fmt: skip
def test_an_empty_room_and_a_damaged_one_are_told_and_left_alone(content, says, tmp_path):
    path = tmp_path / keeping.NAME
    if content is not None:
        path.write_text(content)

    with pytest.raises(UsageError, match=says):
        export.write(tmp_path, tmp_path / "out")

    assert not (tmp_path / "out").exists()
    assert content is None or path.read_text() == content
