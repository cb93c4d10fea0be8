"""`ramlab grade`: every file ends as a grade, or as a reason, and nothing is done twice."""

import csv
import json
import signal
import time
import xml.etree.ElementTree as ET

import pexpect

from ramlab.tickets import Ticket


def rows(course):
    with (course.root / "grades" / "grades.csv").open() as file:
        return list(csv.DictReader(file))


def results(course):
    told = json.loads((course.root / "grades" / "grades.json").read_text())
    return {one["file"]: one for one in told["submissions"]}


def test_every_file_ends_as_a_grade_or_as_a_reason(course, hand_in):
    hand_in("ada")
    hand_in("bob", "answer size 10000\n")
    hand_in("cyd", "poweroff\n")
    hand_in("dan", lab="02_other")
    hand_in("eve", lab_version="older")
    (course.root / "class" / "fay-01_notes.tar.gz").write_bytes(b"no archive")

    run = course.ramlab("grade", "class", "--jobs", "3")

    assert run.status == 1
    assert "4 graded, 2 not gradable." in run.stdout
    said = {row["student"]: row for row in rows(course)}
    assert [(name, said[name]["01_notes"], said[name]["total"]) for name in ("ada", "bob", "cyd", "eve")] == [
        ("ada", "6", "6"), ("bob", "0", "0"), ("cyd", "0", "0"), ("eve", "6", "6"),
    ]  # fmt: skip
    assert said["ada"]["remarks"] == ""
    assert "not done: the_size_is_found, the_note_is_there, the_note_survives_the_press" in said["bob"]["remarks"]
    assert "the answer left no machine to look at" in said["cyd"]["remarks"]
    assert "another version of the lab" in said["eve"]["remarks"]
    reasons = [row["remarks"] for row in rows(course) if not row["student"]]
    assert reasons[0].startswith("not gradable: dan-02_other.tar.gz: no lab '02_other'")
    assert reasons[1].startswith("not gradable: fay-01_notes.tar.gz: no tar.gz that can be read")
    pages = {path.name for path in (course.root / "grades").glob("**/*.html")}
    assert pages == {"index.html", "ada.html", "bob.html", "cyd.html", "eve.html"}
    assert run.stdout.rstrip().splitlines()[-1].startswith("To read in a browser: grades/index.html, ")
    assert course.machines() == []


def test_the_evidence_of_each_attempt_is_kept_and_junit_agrees(course, hand_in):
    hand_in("bob", "echo I did something\n")

    assert course.ramlab("grade", "class").status == 0

    result = results(course)["bob-01_notes.tar.gz"]
    evidence = course.root / "grades" / result["evidence"]
    assert {"report.json", "pytest.log", "report.log", "console.log", "dmesg.log"} <= {
        path.name for path in evidence.iterdir()
    }
    assert "I did something" in json.loads((evidence / "report.json").read_text())["answer"]["output"]
    cases = ET.parse(course.root / "grades" / "junit.xml").iter("testcase")  # noqa: S314 -- ours
    assert {case.attrib["name"]: len(list(case)) for case in cases} == dict.fromkeys(result["checks"], 1)


def test_what_was_graded_is_not_done_again(course, hand_in):
    hand_in("ada")
    path = hand_in("bob", "true\n")
    course.ramlab("grade", "class")
    before = results(course)
    stamps = {path: path.stat().st_mtime_ns for path in (course.root / "grades" / "results").iterdir()}

    hand_in("bob")  # another submission of his
    course.ramlab("grade", "class")

    after = results(course)
    assert after["ada-01_notes.tar.gz"] == before["ada-01_notes.tar.gz"]
    assert (before[path.name]["points"], after[path.name]["points"]) == (0, 6)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert len(list((course.root / "grades" / "results").iterdir())) == 3

    # Another version of the lab is another grade.
    course.edit("lab.toml", "points = 3", "points = 30")
    course.ramlab("grade", "class")
    assert results(course)["ada-01_notes.tar.gz"]["points"] == 33


def test_the_best_of_several_files_counts(course, hand_in):
    good = hand_in("ada").read_bytes()
    hand_in("ada", "true\n")
    (course.root / "class" / "second-ada-01_notes.tar.gz").write_bytes(good)

    course.ramlab("grade", "class")

    assert [(row["student"], row["01_notes"]) for row in rows(course)] == [("ada", "6")]
    assert {name: one["points"] for name, one in results(course).items()} == {
        "ada-01_notes.tar.gz": 0, "second-ada-01_notes.tar.gz": 6,
    }  # fmt: skip


def test_ctrl_c_loses_nothing_that_was_graded(course, hand_in):
    hand_in("ada")
    hand_in("bob", "sleep 1000\n")
    process = course.begin("grade", "class", "--jobs", "1")
    kept = course.root / "grades" / "results"
    end = time.monotonic() + 100
    while not list(kept.glob("*.json")) and time.monotonic() < end:
        time.sleep(0.1)

    process.send_signal(signal.SIGINT)

    said, _ = process.communicate(timeout=100)
    assert process.returncode == 130
    assert "Ending what runs. What was graded stays: the same command goes on with the rest." in said
    assert course.machines() == []
    (only,) = kept.glob("*.json")
    assert json.loads(only.read_text())["student"] == "ada"


def test_at_a_terminal_the_clock_runs_and_what_was_known_is_no_rate(course, hand_in):
    hand_in("ada")
    assert course.ramlab("grade", "class").status == 0
    hand_in("bob", "sleep 1000\n")
    terminal = course.terminal("grade", "class")
    terminal.expect_exact("ada-01_notes.tar.gz  6 of 6")
    looks = set()
    while len(looks) < 3:
        terminal.expect(r"1 of 2 files, \?s/file, (\d\d:\d\d) so far, \? left")
        looks.add(terminal.match[1])

    terminal.sendintr()

    terminal.expect_exact("Ending what runs.")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130


def test_with_a_secret_what_was_written_can_be_verified(course, hand_in):
    (course.root / "course.toml").write_text('secret = "0123456789abcdef"\nroster = "roster"\n[labs.01_notes]\n')
    (course.root / "roster").write_text("ada\nbob\n")
    hand_in("ada")
    hand_in("bob", seed=Ticket.made("ada", b"0123456789abcdef").mark)
    assert course.ramlab("grade", "class").status == 0
    said = {name: one["flags"] for name, one in results(course).items()}
    assert said == {
        "ada-01_notes.tar.gz": ["made without the student's ticket"],
        "bob-01_notes.tar.gz": ["made with the ticket of ada"],
    }

    fine = course.ramlab("grade", "class", "--verify")
    assert (fine.status, "the book, 2 results and their evidence" in fine.stdout) == (0, True)

    kept = course.root / "grades"
    (result,) = (path for path in (kept / "results").iterdir() if '"ada"' in path.read_text())
    (log,) = (path for path in kept.glob("evidence/*/pytest.log") if result.stem not in str(path))
    for path, old, new, complaint in (
        (result, '"points": 6', '"points": 7', f"{result.name}: not what was signed"),
        (log, "ramlab", "rumlab", "bob-01_notes.tar.gz: evidence changed: pytest.log"),
        (kept / "grades.json", '"total": 6', '"total": 7', "grades.json: not what was signed"),
        (kept / "grades.csv", "ada,6", "ada,7", "grades.csv: not what the results give"),
    ):
        before = path.read_text()
        path.write_text(before.replace(old, new) if old in before else before + new)
        run = course.ramlab("grade", "class", "--verify")
        assert (run.status, complaint in run.stdout, "1 differ." in run.stdout) == (1, True, True), run
        path.write_text(before)

    result.write_text(result.read_text().replace('"points": 6', '"points": 7'))
    again = course.ramlab("grade", "class")
    assert "was not signed with this course's secret: graded again" in again.stderr
    assert results(course)["ada-01_notes.tar.gz"]["points"] == 6


def test_our_own_fault_is_no_zero(course, hand_in):
    hand_in("ada")
    course.check('raise RuntimeError("a bug of ours")', "test_the_note_is_there")

    run = course.ramlab("grade", "class")

    assert run.status == 4
    (row,) = rows(course)
    assert (row["01_notes"], "could not be graded: RuntimeError: a bug of ours" in row["remarks"]) == ("", True)
    assert list((course.root / "grades" / "results").glob("*")) != []


def test_a_folder_without_files_is_said_to_be_one(course):
    (course.root / "class").mkdir()

    assert course.ramlab("grade", "class").status == 2
