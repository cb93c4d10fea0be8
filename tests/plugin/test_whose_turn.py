"""FAIL is the learner's, SKIP the host's, ERROR ours."""

import pytest

BANNER = "This is not your answer's fault."
FIRST, SECOND, THIRD = "test_the_size_is_found", "test_the_note_is_there", "test_the_note_survives_the_press"


def logs(course):
    return sorted(path.name for path in (course.root / ".ramlab" / "01_notes").glob("*"))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("raise ValueError('a bug of the author')", id="bug"),
        pytest.param("from checkers import ReadError; raise ReadError('no such file', hint='look')", id="read-error"),
        pytest.param("lab.no_such_thing", id="attribute"),
    ],
)
def test_an_exception_in_a_check_is_an_error_and_the_others_are_checked(course, body):
    course.check(body)

    run = course.pytest("labs/01_notes")

    assert run.status == 4
    assert BANNER in run.stdout
    assert ".ramlab/01_notes/{console,dmesg,report}.log" in run.stdout
    assert logs(course) == ["console.log", "dmesg.log", "report.log"]
    assert course.outcomes() == {FIRST: "error", SECOND: "failure", THIRD: "failure"}


def test_a_surprise_deep_in_testinfra_is_an_error(course):
    course.check("host.check_output('false')", SECOND)

    assert course.outcomes()[SECOND] == "error"


def test_a_failed_scenario_is_one_error_and_the_rest_skip(course):
    (course.lab / "scenario.sh").write_text("echo the stage collapsed >&2; exit 3\n")

    run = course.pytest("labs/01_notes")

    assert run.status == 4
    assert "ended with status 3: the stage collapsed" in " ".join(run.stdout.split())
    assert course.outcomes() == {FIRST: "error", SECOND: "skipped", THIRD: "skipped"}
    assert course.machines() == []


def test_a_failing_workload_is_an_error(course):
    (course.lab / "workload.py").write_text("import sys; sys.exit('no memory for you')\n")

    assert course.outcomes()[THIRD] == "error"


def test_a_machine_that_dies_in_a_check_is_one_error_even_if_the_check_passes(course):
    course.check("(lab.folder.parents[1] / 'state/ramlab/machines' / NAME / 'alive').unlink()")
    course.edit("test_notes.py", "\n\n\ndef", "\n\nNAME = '01_notes@ada'\n\n\ndef")
    course.pytest("labs/01_notes", "--student", "ada", "-k", "none")

    run = course.pytest("labs/01_notes", "--student", "ada")

    assert run.status == 4
    assert "the machine 01_notes@ada ended during this check" in run.stdout
    assert course.outcomes("--student", "ada") == {FIRST: "error", SECOND: "skipped", THIRD: "skipped"}


def test_a_door_that_shuts_behind_the_last_check_is_no_pass(course):
    course.ramlab("start", "01", "--no-shell")
    course.solve()
    course.check("machine.learner.argv()\nimport subprocess\nsubprocess.run(machine.learner.argv('shut-doors'))", THIRD)
    course.edit("test_notes.py", "(host, workload, lab)", "(machine)")

    assert course.outcomes("-k", "press")[THIRD] == "error"
    assert course.pytest("labs/01_notes").status == 4


def test_an_error_of_ours_is_reported_before_a_failure(course):
    course.check("raise ValueError('bug')", THIRD)

    run = course.pytest("labs/01_notes")

    assert BANNER in run.stdout
    assert "ValueError: bug" in run.stdout
    assert "Traceback" not in run.stdout


def test_what_the_host_cannot_is_a_skip_with_the_way_out(course):
    run = course.pytest("labs/01_notes", "--machine", "docker")

    assert run.status == 3
    assert "This computer cannot check it." in run.stdout
    assert "--machine vm" in run.stdout
    assert set(course.outcomes("--machine", "docker").values()) == {"skipped"}


def test_an_unknown_machine_kind_is_our_learners_typing(course):
    run = course.pytest("labs/01_notes", "--machine", "vmm")

    assert "options are: auto, vm, docker" in run.stdout


def test_stale_logs_go_when_all_is_well(course):
    course.pytest("labs/01_notes")
    assert logs(course)
    course.solve()

    course.pytest("labs/01_notes")

    assert logs(course) == []


def test_a_broken_lab_toml_is_one_collection_error(course):
    course.edit("lab.toml", '"beginner"', '"easy"')

    run = course.pytest("labs/01_notes")

    assert run.status == 2
    assert "lab.toml: level is 'easy'" in run.stdout
    assert "legal: beginner, intermediate, advanced" in run.stdout
    assert "Traceback" not in run.stdout
    assert "1 error" in course.pytest("labs/01_notes", "-v").stdout


def test_a_lab_without_its_conftest_does_not_ask_the_learners_computer(course):
    (course.root / "labs" / "conftest.py").unlink()
    course.check("assert host.run('true').rc == 0", SECOND)
    course.edit("test_notes.py", "(host, lab)", "(host)")

    run = course.pytest("labs/01_notes", "-k", SECOND)

    assert run.status == 4
    assert "would be this computer" in run.stdout


def test_a_lab_without_its_toml_is_one_collection_error(course):
    (course.lab / "lab.toml").unlink()

    run = course.pytest("labs/01_notes")

    assert run.status == 2
    assert run.stdout.count("lab.toml: No such file or directory") == 1
    assert "Traceback" not in run.stdout
