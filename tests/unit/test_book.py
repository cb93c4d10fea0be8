"""Which file counts, what is taken off, and which answers are alike."""

import csv
import datetime as dt

import pytest

from ramlab.catalogue import Lab
from ramlab.grading import book, likeness, sheets
from ramlab.grading.course import Course, Terms
from ramlab.grading.store import GRADED, NOT_DONE, NOT_GRADABLE, Result
from ramlab.submission import Manifest, Submission

DUE = dt.datetime(2027, 3, 1, tzinfo=dt.UTC)


def result(student="ada", points=6, submitted=1.0, **changes):
    checks = {"test_a": {"outcome": "passed", "points": points, "of": 6, "message": "", "hint": "", "seconds": 1}}
    said = {
        "file": f"{student}-01_notes.tar.gz", "digest": "0", "state": GRADED, "student": student, "lab": "01_notes",
        "points": points, "of": 6, "checks": checks, "submitted": submitted,
    }  # fmt: skip
    return Result(**said | changes)


def rows(whole):
    return list(csv.DictReader(sheets.grades_csv(whole).splitlines()))


def test_the_best_of_the_files_that_count():
    course = Course(labs={"01_notes": Terms(attempts=2)})
    files = [result(points=points, submitted=when) for points, when in ((6, 3.0), (2, 1.0), (4, 2.0))]

    whole = book.made(course, files)

    entry = whole.entries["ada", "01_notes"]
    assert (entry.points, entry.remarks) == (4, ("1 more files than the 2 that count",))


def test_lateness_hints_and_the_labs_worth_are_reckoned_and_said():
    terms = Terms(points=12, weight=3, due=DUE)
    course = Course(labs={"01_notes": terms}, late_percent_a_day=25, hint_percent=50)

    whole = book.made(course, [result(submitted=DUE.timestamp() + 5, hints={"test_a": 1, "test_gone": 3})])

    entry = whole.entries["ada", "01_notes"]
    assert (entry.points, entry.of) == (4.5, 12)
    assert entry.remarks == ("3 of 6 points less for hints", "25 % less: late")
    assert whole.total("ada") == 13.5


def test_a_gap_is_no_zero_and_the_roster_is_whole():
    course = Course(roster=("bob", "cyd"))
    broken = result("cyd", 0, state=NOT_DONE, reason="no network")
    nobodys = Result(file="x.tar.gz", digest="1", state=NOT_GRADABLE, reason="=cmd() x.tar.gz: no archive")

    said = rows(book.made(course, [result("ada"), broken, nobodys]))

    assert [(row["student"], row["01_notes"], row["total"]) for row in said] == [
        ("bob", "", "0"), ("cyd", "", "0"), ("ada", "6", "6"), ("", "", ""),
    ]  # fmt: skip
    assert said[1]["remarks"] == "01_notes: could not be graded: no network"
    assert said[2]["remarks"].startswith("is not on the roster")


def test_gradescope_and_prairielearn_have_points_and_reasons():
    one = result(points=6, flags=["made with another version of the lab", "made with the ticket of bob"], seconds=12.4)

    gradescope, prairielearn = sheets.gradescope(one), sheets.prairielearn(one)

    assert (gradescope["score"], gradescope["execution_time"], gradescope["tests"][0]["status"]) == (6, 12, "passed")
    assert gradescope["tests"][0]["max_score"] == 6
    assert (prairielearn["gradable"], prairielearn["score"], prairielearn["tests"][0]["max_points"]) == (True, 1, 6)
    assert prairielearn["output"].startswith("It was made with another version of the lab")
    assert "bob" not in str(gradescope) + str(prairielearn), "students see these"


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2", "+3"])
def test_no_cell_is_a_formula(text):
    assert sheets.plain(text) == f"'{text}"


# -- likeness --------------------------------------------------------------------------------------------------------

MINE = "swapon /a\nsysctl vm.swappiness=10\nmkdir /b\nchmod 600 /c\nln -s /d /e\n"


def handed_in(student, answer, history=""):
    manifest = Manifest(student=student, lab="01_notes", lab_version="1", image="2")
    return Submission(manifest=manifest, answer=answer.encode(), values={}, checks={}, history=history)


def test_answers_that_are_much_alike_are_a_pair():
    (pair,) = likeness.pairs([
        handed_in("ada", MINE), handed_in("bob", f"# all mine\n\n  {MINE}"), handed_in("cyd", "swapon /a\nmkdir /b\n"),
    ])  # fmt: skip

    assert (pair.students, pair.share, pair.same_moments) == (("ada", "bob"), 1.0, 0)


def test_what_most_of_the_class_does_makes_no_pair():
    everybody = [handed_in(f"s{number}", f"{MINE}echo {number} > /f\n") for number in range(6)]

    assert likeness.pairs(everybody) == []


def test_a_command_of_the_same_second_was_typed_once():
    typed = "#1790000000\nswapon /a\n#1790000007\nls\n"

    (pair,) = likeness.pairs([handed_in("ada", "true\n", typed), handed_in("bob", "false\n", typed)])

    assert pair.same_moments == 2


def test_values_of_somebody_elses_machine_are_named(tmp_path):
    lab = Lab(
        folder=tmp_path / "01_notes", title="", level="", minutes=1, needs=(), shape=None, machines={}, choices={},
        told=frozenset(), tasks=(),
    )  # fmt: skip
    from dataclasses import replace

    ada, bob = (
        replace(lab, student=student, parameters={"size_kib": size, "word": word})
        for student, size, word in (("ada", 1234, "river"), ("bob", 5678, "stone"))
    )
    copied = handed_in("ada", "fallocate -l 5678K /a\necho stone\n")
    own = handed_in("ada", "fallocate -l 1234K /a\necho stone 5678\n")

    assert likeness.borrowed(copied, ada, [bob]) == ["has values of bob's machine: size_kib 5678, word stone"]
    assert likeness.borrowed(own, ada, [bob]) == []
    assert likeness.borrowed(handed_in("ada", "echo stone\n"), ada, [bob]) == []
