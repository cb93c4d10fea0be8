"""`--answer FILE`: a fresh machine, the scenario, FILE, checks, gone."""

import json
import signal
import subprocess
import sys
import time

FIRST, SECOND, THIRD = "test_the_size_is_found", "test_the_note_is_there", "test_the_note_survives_the_press"
SOLUTION = "labs/01_notes/.meta/solution.sh"


def test_the_solution_passes_and_its_machine_is_gone(course):
    run = course.pytest("labs/01_notes", "--answer", SOLUTION)

    assert run.status == 0
    assert "6 of 6 points, 3 of 3 tasks done." in run.stdout
    assert course.machines() == []


def test_a_failed_attempt_leaves_no_machine_either(course):
    run = course.pytest("labs/01_notes", "--answer", "/dev/null")

    assert run.status == 1
    assert course.machines() == []


def test_the_learners_own_machine_is_left_alone(course):
    course.ramlab("start", "01", "--no-shell", "--student", "ada")

    course.pytest("labs/01_notes", "--student", "ada", "--answer", SOLUTION)

    assert course.machines() == ["01_notes@ada"]
    assert course.pytest("labs/01_notes", "--student", "ada").status == 1


def test_an_attempt_is_not_the_learners_progress(course):
    course.pytest("labs/01_notes", "--answer", SOLUTION)

    assert "3 of 3" not in course.ramlab("list").stdout


def test_an_answer_that_ends_badly_is_judged_by_its_effect(course):
    answer = course.root / "answer.sh"
    answer.write_text((course.root / SOLUTION).read_text() + "echo halfway >&2\nexit 7\n")

    run = course.pytest("labs/01_notes", "--answer", str(answer))

    assert run.status == 0
    assert "answer.sh ended with status 7; it said last:" in run.stdout
    assert "| halfway" in run.stdout


def test_an_answer_may_leave_a_daemon_behind(course):
    answer = course.root / "answer.sh"
    answer.write_text((course.root / SOLUTION).read_text() + "sleep 20 &\necho $! > $WORLD/../../../daemon\n")
    began = time.monotonic()

    run = course.pytest("labs/01_notes", "--answer", str(answer))
    subprocess.run(["kill", (course.root / "state" / "daemon").read_text().strip()], check=False)

    assert run.status == 0
    assert time.monotonic() - began < 18


def test_an_answer_that_ends_the_machine_is_our_banner_and_never_a_pass(course):
    answer = course.root / "answer.sh"
    answer.write_text("poweroff\n")

    run = course.pytest("labs/01_notes", "--answer", str(answer))

    assert run.status == 4
    assert "Nothing could be checked after this answer." in run.stdout
    assert "answer.sh did not come to its end" in " ".join(run.stdout.split())
    assert course.outcomes("--answer", str(answer)) == {FIRST: "error", SECOND: "skipped", THIRD: "skipped"}
    assert course.machines() == []


def test_the_report_says_what_happened(course):
    report = course.root / "out" / "report.json"

    course.pytest("labs/01_notes", "--answer", SOLUTION, "--attempt-report", str(report), "--student", "ada")

    told = json.loads(report.read_text())
    assert {"passed"} == {check["outcome"] for check in told["checks"].values()}
    assert (told["lab"], told["student"], told["answer"]["status"]) == ("01_notes", "ada", 0)


def test_a_missing_answer_is_said_before_anything_starts(course):
    run = course.pytest("labs/01_notes", "--answer", "no.sh")

    assert run.status == 4  # pytest's own status for a wrong command line
    assert "there is no file no.sh" in run.stderr


def test_an_answer_for_two_labs_is_refused(course):
    other = course.root / "labs" / "02_more"
    subprocess.run(["cp", "-r", course.lab, other], check=True)
    (other / "test_notes.py").rename(other / "test_more.py")

    run = course.pytest("labs", "--answer", SOLUTION)

    assert "--answer is for one lab" in run.stderr + run.stdout


def test_ctrl_c_in_a_check_leaves_no_machine(course):
    course.check("import time\nprint(lab.name)\ntime.sleep(60)")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "labs/01_notes", "--answer", SOLUTION, "-s"],
        cwd=course.root, env=course.environment | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if line.strip() == "01_notes":
            break
    assert course.machines()

    process.send_signal(signal.SIGINT)
    process.stdout.read()

    assert process.wait(60) == 2
    assert course.machines() == []
