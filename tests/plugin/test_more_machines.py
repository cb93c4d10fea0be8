"""A lab with a second machine, which starts when it is asked for."""

import json

import pytest

TASK = """
[[tasks]]
check = "test_the_other_machine_has_a_note"
machine = "other"
kind = "set up"
points = 4
hints = ["ramlab shell 01.other"]
"""
CHECK = '''

def test_the_other_machine_has_a_note(host, answers, workload):
    """The other machine has a note, too."""
    note = host.run("cat /proc/1/root/stage/note").stdout
    assert note, "seen no note; expected one; next write it there"
    assert answers["where"] == "other", "seen another answer; expected other; next type: answer where other"
    assert "wiped" in workload("press").stdout
'''
SCENARIO = 'mkdir -p /proc/1/root/stage && echo "$MACHINE $WORD" > /proc/1/root/stage/sign\n'
ANSWER = "# at: other\nanswer where other\ncat /stage/sign > /stage/note\n"


@pytest.fixture
def course(course):
    """The miniature course with `[machines.other]`."""
    course.edit("lab.toml", "[parameters]", "[machines.other]\n\n[parameters]")
    for name, text in (("lab.toml", TASK), ("test_notes.py", CHECK), (".meta/solution.sh", ANSWER)):
        with (course.lab / name).open("a") as file:
            file.write(text)
    (course.lab / "scenario_other.sh").write_text(SCENARIO)
    return course


def own(machine):
    """The folder of `01_notes.other@ada` is named like it, and so on."""
    return f"{machine}@ada"


def test_it_has_a_stage_a_shell_and_a_life_of_its_own(course):
    for lab in ("01", "01.other"):
        course.ramlab("start", lab, "--no-shell", "--student", "ada")

    assert course.machines() == [own("01_notes.other"), own("01_notes")]
    sign = course.ramlab("exec", "--student", "ada", "01.other", "--", "cat /stage/sign").stdout
    assert sign.split()[0] == "other"
    assert course.ramlab("exec", "--student", "ada", "01", "--", "cat /stage/sign").status == 1
    assert "01_notes.other@ada" in course.ramlab("status").stdout

    course.ramlab("exec", "--student", "ada", "01.other", "--", "touch /stage/mine")
    course.ramlab("reset", "01.other", "--student", "ada")
    assert course.ramlab("exec", "--student", "ada", "01.other", "--", "cat /stage/mine").status == 1


def test_with_the_lab_all_its_machines_begin_anew_or_end(course):
    for lab in ("01", "01.other"):
        course.ramlab("start", lab, "--no-shell", "--student", "ada")

    assert "01_notes.other@ada is stopped." in course.ramlab("reset", "01", "--student", "ada").stdout
    assert course.machines() == [own("01_notes")]

    course.ramlab("start", "01.other", "--no-shell", "--student", "ada")
    course.ramlab("stop", "01.other", "--student", "ada")
    assert course.machines() == [own("01_notes")]

    course.ramlab("start", "01.other", "--no-shell", "--student", "ada")
    course.ramlab("stop", "01", "--student", "ada")
    assert course.machines() == []


def test_the_check_that_is_about_it_starts_it(course):
    chosen = course.pytest("labs/01_notes", "--student", "ada", "-k", "size")
    assert course.machines() == [own("01_notes")]
    assert "other" not in chosen.stdout

    run = course.pytest("labs/01_notes", "--student", "ada")
    assert course.machines() == [own("01_notes.other"), own("01_notes")]
    assert "01_notes.other@ada was not running: this is a fresh one" in run.stdout
    assert (run.status, "0 of 10 points" in run.stdout) == (1, True)

    course.ramlab("exec", "--student", "ada", "01.other", "--", ANSWER)
    assert "4 of 10 points" in course.pytest("labs/01_notes", "--student", "ada").stdout
    assert "on 01.other, set up, 4 points" in course.ramlab("hint", "01", "4").stdout


def test_an_answer_has_a_part_for_each(course, tmp_path):
    solution = str(course.lab / ".meta" / "solution.sh")
    report = tmp_path / "report.json"

    run = course.pytest("labs/01_notes", "--answer", solution, "--attempt-report", str(report))

    assert (run.status, "10 of 10 points" in run.stdout) == (0, True)
    assert course.machines() == []
    assert len(json.loads(report.read_text())["folders"]) == 2
    assert course.ramlab("solution", "01.other").stdout == ANSWER.partition("\n")[2]
    assert "01.other" in course.ramlab("solution", "01").stdout.splitlines()[-1]


def test_a_part_that_ends_its_machine_is_named(course, tmp_path):
    answer = tmp_path / "answer.sh"
    answer.write_text("true\n# at: other\npoweroff\n")

    run = course.pytest("labs/01_notes", "--answer", str(answer))

    assert (run.status, "answer.sh did not come to its end" in " ".join(run.stdout.split())) == (4, True)
    assert course.machines() == []


@pytest.mark.parametrize(
    ("words", "seen", "following"),
    [
        (["start", "01.otter"], "01_notes has no machine 'otter'", "did you mean other? its others: 01.other"),
        (["exec", "01.other", "--", "true"], "01_notes.other@", "type: ramlab start 01.other"),
        (["exec", "01.otter", "--", "true"], "01_notes.otter@", "type: ramlab start 01.otter"),
        (["solution", "01.otter"], "no part for 01.otter", "ramlab solution 01.other"),
    ],
)
def test_wrong_names_are_answered_with_the_right_ones(course, words, seen, following):
    run = course.ramlab(*words)

    assert run.status == 2
    assert seen in run.stderr
    assert following in run.stderr
