"""lab.toml: what is read, and what is said of a broken one."""

import shutil
from pathlib import Path

import pytest

from containers.errors import UsageError
from ramlab import catalogue
from ramlab.catalogue import Lab

NOTES = Path(__file__).parent.parent / "plugin" / "course" / "labs" / "01_notes"


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "labs" / "01_notes"
    shutil.copytree(NOTES, place, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def test_a_whole_lab_is_read():
    lab = Lab.load(NOTES)

    assert (lab.name, lab.number, lab.level, lab.minutes, lab.points) == ("01_notes", "01", "beginner", 5, 6)
    assert [task.kind for task in lab.tasks] == ["find out", "set up", "make it hold"]
    assert [task.number for task in lab.tasks] == [1, 2, 3]
    assert lab.tasks[0].sentence == "The size is handed in."


BROKEN = [
    ('level = "beginner"', 'level = "easy"', "level is 'easy'", "beginner, intermediate, advanced"),
    ('level = "beginner"\n', "", "level is missing", "beginner, intermediate, advanced"),
    ("minutes = 5", 'minutes = "5"', "minutes is '5'", "a whole number from 1 to 600"),
    ("minutes = 5", "minutes = true", "minutes is True", "a whole number"),
    ("minutes = 5", "minuts = 5", "minutes is missing", "a whole number"),
    ("minutes = 5", "minutes = 5\nminuts = 5", "unknown key minuts", "did you mean minutes"),
    ('["own_kernel"]', '["kernel"]', "needs is ['kernel']", "own_kernel"),
    ("[parameters]", '[shape]\nmemory = "12K"\n[parameters]', "memory is '12K'", "512M"),
    ("[parameters]", '[shape]\ndisks = ["1G"]\n[parameters]', "shape.disks has '1G'", 'rate = "20M"'),
    ("[parameters]", '[shape]\ndisks = [{size = "1T"}]\n[parameters]', "shape.disks' size is '1T'", "512M"),
    ("[parameters]", "[shape]\nram = 1\n[parameters]", "shape.ram is unknown", "memory"),
    ("to = 50", "to = 5", "parameters.size.to is 5", "10 (its from) or more"),
    ("step = 10", "step = 0", "parameters.size.step is 0", "from 1"),
    ("told = true", "told = 1", "parameters.word.told is 1", "true or false"),
    ("step = 10", "steps = 10", "unknown key parameters.size.steps", "did you mean step"),
    ('["amber", "birch", "cedar"]', "[]", "parameters.word.pick is []", "at least one"),
    ("size = {", "Size = {", "parameters.Size is", "small letters"),
    ("size = {from = 10, to = 50, step = 10}", "size = 10", "parameters.size is 10", "{from ="),
    ('"find out"', '"look"', "tasks[1].kind is 'look'", "find out, set up, make it hold"),
    ("points = 2", "points = 0", "tasks[2].points is 0", "from 1 to 100"),
    ('["Write the word into /stage/note."]', "[]", "tasks[2].hints is []", "at least one"),
    ('["Write the word into /stage/note."]', '[" "]', "tasks[2].hints is [' ']", "none of them empty"),
    ("test_the_note_is_there", "test_note", "tasks[2].check is 'test_note'", "test_the_note_is_there"),
    ("test_the_note_is_there", "test_the_size_is_found", "tasks[2].check", "no other task names"),
    ("title =", "title", "not TOML", "mend that line"),
]


@pytest.mark.parametrize(("old", "new", "seen", "legal"), BROKEN, ids=[case[2] for case in BROKEN])
def test_a_broken_key_is_named_with_file_and_legal_values(folder, old, new, seen, legal):
    path = folder / "lab.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

    with pytest.raises(UsageError) as caught:
        Lab.load(folder)

    assert str(path) in caught.value.message
    assert seen in caught.value.message
    assert legal in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ('"""The size is handed in."""', "pass", "test_the_size_is_found has no docstring"),
        ("def test_the_size_is_found", "def the_size_is_found", "tasks[1].check"),
        ("def test_the_size", "def test_more():\n    '''More.'''\n\n\ndef test_the_size", "no task for test_more"),
        ("def test_the_size_is_found", "deff test_the_size_is_found", "invalid syntax"),
    ],
)
def test_checks_and_tasks_match_one_to_one(folder, old, new, seen):
    path = folder / "test_notes.py"
    path.write_text(path.read_text().replace(old, new))

    with pytest.raises(UsageError) as caught:
        Lab.load(folder)

    assert seen in caught.value.message


def test_a_missing_file_of_checks_is_named(folder):
    (folder / "test_notes.py").unlink()

    with pytest.raises(UsageError, match=r"test_notes\.py is missing"):
        Lab.load(folder)


def test_parameters_are_the_students_own_and_stay_the_same():
    lab = Lab.load(NOTES)

    drawn = {student: dict(lab.for_student(student).parameters) for student in ("ada", "bob", "cyd", "dan")}

    assert drawn["ada"] == lab.for_student("ada").parameters
    assert len({tuple(values.items()) for values in drawn.values()}) > 1
    # Fixed for ever: a grade of last year is to be checked again with the same values.
    assert drawn["ada"] == {"size": 30, "word": "amber"}


def test_every_choice_is_drawn_by_somebody():
    lab = Lab.load(NOTES)
    everybody = [lab.for_student(f"student{number}").parameters for number in range(200)]

    assert {10, 20, 30, 40, 50} == {values["size"] for values in everybody}
    assert {"amber", "birch", "cedar"} == {values["word"] for values in everybody}


def test_the_environment_has_lab_student_and_parameters():
    lab = Lab.load(NOTES).for_student("ada")

    assert lab.environment() == {"LAB": "01_notes", "STUDENT": "ada", "SIZE": "30", "WORD": "amber"}


def test_a_learner_is_told_no_parameter_that_is_an_answer():
    lab = Lab.load(NOTES).for_student("ada")

    assert lab.told_environment() == {"LAB": "01_notes", "STUDENT": "ada", "WORD": "amber"}


def test_settings_survive_a_shell():
    import subprocess

    text = catalogue.settings({"A": "it's; $HOME `x`", "B": 4})
    said = subprocess.run(["sh", "-c", f'{text}printf "%s|%s" "$A" "$B"'], capture_output=True, text=True, check=True)

    assert said.stdout == "it's; $HOME `x`|4"


@pytest.mark.parametrize("wanted", ["2", "test_the_note_is_there", "the_note_is_there"])
def test_a_task_is_found_by_number_or_check(wanted):
    assert Lab.load(NOTES).task(wanted).number == 2
