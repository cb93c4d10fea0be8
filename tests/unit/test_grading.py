"""What is made of an attempt's report."""

import json
from pathlib import Path

import pytest

from ramlab.catalogue import Lab
from ramlab.children import Ended
from ramlab.grading.course import Course
from ramlab.grading.one import grade_one
from ramlab.grading.store import GRADED, NOT_DONE, Store
from ramlab.submission import Manifest, Submission, version_of

COURSE = Path(__file__).parent.parent / "plugin" / "course" / "labs"
CHECKS = ("test_the_size_is_found", "test_the_note_is_there", "test_the_note_survives_the_press")


class Attempts:
    """Processes that write these reports, one after the other."""

    closed = False

    def __init__(self, *reports):
        self.reports = list(reports)
        self.made = 0

    def run(self, argv, *, environment):
        self.made += 1
        self.environment = environment
        report = Path(argv[argv.index("--attempt-report") + 1])
        report.write_text(json.dumps(self.reports.pop(0)))
        return Ended("said", 0, 1)


def report(*outcomes, **more):
    checks = {
        name: {"outcome": its, "message": f"of {name}", "hint": "", "seconds": 1}
        for name, its in zip(CHECKS, outcomes, strict=True)
    }
    return {"checks": checks, **more}


@pytest.fixture
def graded(tmp_path, monkeypatch):
    monkeypatch.setenv("RAMLAB_LABS", str(COURSE))
    manifest = Manifest(student="ada", lab="01_notes", lab_version=version_of(Lab.load(COURSE / "01_notes")), image="x")
    path = tmp_path / "ada-01_notes.tar.gz"
    path.write_bytes(Submission(manifest=manifest, answer=b"true\n", values={}, checks={}).packed())
    return lambda attempts: grade_one(path, Store(tmp_path / "store", Course()), attempts, kind="vm", limit=900)


def test_points_are_those_of_the_checks_that_passed(graded):
    result = graded(Attempts(report("passed", "failed", "passed", contradictions=[])))

    assert (result.state, result.points, result.of, result.flags) == (GRADED, 4, 6, [])


def test_a_forged_examiner_costs_all_points_and_is_named(graded):
    result = graded(Attempts(report("passed", "passed", "passed", contradictions=["swaps: the examiner sees a lie"])))

    assert (result.state, result.points) == (GRADED, 0)
    assert result.flags == ["the examiner was shown something else: swaps: the examiner sees a lie"]


def test_what_broke_is_tried_again_and_then_is_no_zero(graded):
    broken, fine = report("passed", "error", "skipped"), report("passed", "passed", "passed")
    attempts = Attempts(broken, broken)

    result = graded(attempts)

    assert (result.state, result.reason, attempts.made) == (NOT_DONE, "of test_the_note_is_there", 2)
    again = Attempts(broken, fine)
    assert (graded(again).points, again.made) == (6, 2)
    assert graded(Attempts()).points == 6  # from the store


def test_an_answer_that_left_no_machine_is_not_tried_again(graded):
    attempts = Attempts(report("error", "skipped", "skipped", broke_off=True))

    result = graded(attempts)

    assert (result.state, result.points, attempts.made) == (GRADED, 0, 1)
    assert result.reason == "the answer left no machine to look at: of test_the_size_is_found"
