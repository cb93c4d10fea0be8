"""The commands, as processes."""

import json
import signal
import subprocess
import time

import pytest

from ramlab.cli import COMMANDS


def test_help_names_every_command(course):
    run = course.ramlab("--help")

    assert run.status == 0
    assert all(f"\n  {name}" in run.stdout for name in COMMANDS)
    assert all(len(line) <= 80 for line in run.stdout.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(course, name):
    run = course.ramlab(*name.split(), "--help")

    assert run.status == 0
    assert f"ramlab {name}" in run.stdout


def test_a_learners_way_through_a_lab(course):
    started = course.ramlab("start", "notes", "--no-shell", "--student", "ada")
    assert started.status == 0
    assert "01_notes@ada is up" in started.stdout
    assert "  2. The note has your word." in started.stdout

    assert "01_notes@ada" in course.ramlab("status").stdout
    assert course.ramlab("check", "1", "--student", "ada").status == 1
    assert "1. Look into the folder stage." in course.ramlab("hint", "01", "--student", "ada").stdout
    second = course.ramlab("hint", "01", "1", "--student", "ada").stdout
    assert "2. cat /stage/size" in second
    assert "ramlab solution 01" in second

    answer = course.ramlab("solution", "01").stdout
    assert course.ramlab("exec", "--student", "ada", "01", "--", answer).status == 0
    solved = course.ramlab("check", "01", "--student", "ada")
    assert (solved.status, "6 of 6 points" in solved.stdout) == (0, True)

    assert course.ramlab("reset", "01", "--student", "ada").status == 0
    assert course.ramlab("check", "01", "--student", "ada").status == 1
    assert "01_notes@ada is stopped." in course.ramlab("stop", "01", "--student", "ada").stdout
    assert course.machines() == []


def test_start_finds_the_machine_that_runs(course):
    course.ramlab("start", "01", "--no-shell", "--student", "ada")

    again = course.ramlab("start", "01", "--no-shell", "--student", "ada")

    assert again.status == 0
    assert "01_notes@ada is running already" in again.stdout


def test_streams_and_exit_status_pass_through_exec(course):
    course.ramlab("start", "01", "--no-shell")

    run = course.ramlab("exec", "01", "--", "cat; echo oops >&2; exit 42", stdin="given")

    assert (run.status, run.stdout, run.stderr) == (42, "given", "oops\n")


def test_words_of_a_command_stay_words(course):
    course.ramlab("start", "01", "--no-shell")

    run = course.ramlab("exec", "01", "printf", "%s|", "two words", "--student", "$HOME", "*")

    assert run.stdout == "two words|--student|$HOME|*|"


def test_exec_without_a_machine_says_how_to_start_one(course):
    course.ramlab("start", "01", "--no-shell", "--student", "bob")

    run = course.ramlab("exec", "01", "--student", "ada", "--", "true")

    assert run.status == 2
    assert "01_notes@ada is not running" in run.stderr
    assert "ramlab start 01" in run.stderr
    assert "01_notes@bob" in run.stderr


def test_a_command_for_the_docker_host_needs_one(course):
    run = course.ramlab("exec", "--student", "ada", "dockerhost", "--", "docker", "ps")

    assert run.status == 2
    assert 'dockerhost@ada is not running\n  next: type: eval "$(ramlab dockerhost --student ada)"' in run.stderr


def test_workload_runs_the_labs_own(course):
    course.ramlab("start", "01", "--no-shell")

    assert course.ramlab("workload", "01", "press").stdout.startswith("READY\n")


@pytest.mark.parametrize(
    ("words", "seen", "following"),
    [
        (["strat", "01"], "no command 'strat'", "did you mean start"),
        (["start", "nots"], "no lab 'nots'", "did you mean notes"),
        (["hint", "01", "the_note_is_ther"], "no task 'the_note_is_ther'", "did you mean the_note_is_there"),
        (["start"], "required: LAB", "ramlab start"),
        (["stop"], "which machine?", "ramlab stop --all"),
        (["exec", "01"], "no command to run", "ramlab exec 01 -- free -m"),
        (["workload", "01", "press", "--student", "ada"], "--student comes too late", "workload --student ID LAB"),
        (["start", "01", "--student", "a/b"], "'a/b' is not a student's name", "legal"),
        (["start", "01", "--machine", "vmm"], "no machine kind 'vmm'", "vm, docker"),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(course, words, seen, following):
    run = course.ramlab(*words)

    assert run.status == 2
    assert seen in run.stderr
    assert following in run.stderr
    assert "Traceback" not in run.stderr


def test_what_this_host_cannot_is_status_three(course):
    run = course.ramlab("start", "01", "--no-shell", "--machine", "docker")

    assert run.status == 3
    assert "next: " in run.stderr


def test_our_own_bug_is_called_ours_and_logged(course):
    (course.state / "labs" / "01_notes@ada.json").mkdir(parents=True)

    run = course.ramlab("hint", "01", "--student", "ada")

    assert run.status == 4
    assert "this is our fault" in run.stderr
    assert "Traceback" not in run.stderr
    assert "Traceback" in (course.state / "logs" / "ramlab.log").read_text()


def test_a_failed_scenario_leaves_no_machine_but_a_console(course):
    (course.lab / "scenario.sh").write_text("exit 3\n")

    run = course.ramlab("start", "01", "--no-shell", "--student", "ada")

    assert run.status == 4
    assert "ended with status 3" in run.stderr
    assert course.machines() == []
    assert (course.state / "logs" / "01_notes@ada.console.log").exists()


def test_ctrl_c_while_staging_leaves_no_machine(course):
    (course.lab / "scenario.sh").write_text("touch $WORLD/../../../on-stage; sleep 60\n")
    process = course.begin("start", "01", "--no-shell")
    while not (course.root / "state" / "on-stage").exists():
        assert process.poll() is None
        time.sleep(0.02)

    process.send_signal(signal.SIGINT)

    assert process.wait(30) == 130
    assert "nothing half-made stays" in process.stderr.read()
    assert course.machines() == []


def test_a_machine_whose_staging_was_cut_short_is_replaced(course):
    course.ramlab("start", "01", "--no-shell", "--student", "ada")
    note = course.state / "machines" / "01_notes@ada" / "lab.json"
    note.unlink()
    (note.parent / "leftover").touch()

    assert "is up" in course.ramlab("start", "01", "--no-shell", "--student", "ada").stdout
    assert not (note.parent / "leftover").exists()


def test_two_starts_at_the_same_moment_give_one_machine(course):
    both = [course.begin("start", "01", "--no-shell") for _ in range(2)]
    said = sorted(process.communicate(timeout=60)[0].splitlines()[0].split()[2] for process in both)

    assert said == ["running", "up"]
    assert len(course.machines()) == 1


def test_list_goes_on_where_a_lab_is_broken(course):
    other = course.root / "labs" / "02_more"
    subprocess.run(["cp", "-r", course.lab, other], check=True)

    run = course.ramlab("list")

    assert run.status == 0
    assert "01_notes  Notes in a machine" in run.stdout
    assert "test_more.py is missing" in run.stdout


def test_a_damaged_record_is_no_obstacle(course):
    path = course.state / "labs" / "01_notes@ada.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")

    assert course.ramlab("hint", "01", "--student", "ada").status == 0
    assert json.loads(path.read_text()) == {"hints": {"test_the_size_is_found": 1}}


def test_status_sweeps_what_died(course):
    course.ramlab("start", "01", "--no-shell", "--student", "ada")
    (course.state / "machines" / "01_notes@ada" / "alive").unlink()

    assert "01_notes@ada had ended" in course.ramlab("status").stdout
    assert course.machines() == []
