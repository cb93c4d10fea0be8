"""What is said against a lab without starting a machine."""

import shutil
from pathlib import Path

import pytest

from ramlab import lint
from ramlab.catalogue import Lab

NOTES = Path(__file__).parent.parent / "plugin" / "course" / "labs" / "01_notes"


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "01_notes"
    shutil.copytree(NOTES, place, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def test_nothing_is_said_against_a_right_lab(folder):
    assert lint.complaints(Lab.load(folder)) == []


def _write(name, text):
    return lambda folder: (folder / name).write_text(text)


def _replace(name, old, new):
    return lambda folder: (folder / name).write_text((folder / name).read_text().replace(old, new))


CASES = [
    (lambda folder: (folder / "README.md").unlink(), "README.md is missing"),
    (_replace("README.md", "3. Make", "4. Make"), "its numbered list counts [1, 2, 4]"),
    (_replace("README.md", "The note has your word.", "The note is right."), "lacks the sentence of test_the_note_is"),
    (_replace("lab.toml", '"set up"', '"find out"'), "no task of the kind 'set up'"),
    (_write("scenario.sh", "if\n"), "scenario.sh: not sh"),
    (_write("workload.py", "import numpy\nprint('READY')\n"), "workload.py imports numpy"),
    (_write("workload.py", 'import os\nprint("READY", os.environ["SIZE"])\n'), "needs SIZE, which a learner is"),
    (_write("workload.py", "print('begun')\n"), "never says READY"),
    (_write("workload.py", "def\n"), "workload.py:1: "),
    (_write("notes.txt", ""), "notes.txt is no file of a lab"),
    (_write(".meta/wrong/lazy.sh", "true\n"), "line 1 has to be `# fails: test_"),
    (_write(".meta/wrong/lazy.sh", "# fails: test_x\n"), "no check test_x"),
    (lambda folder: (folder / ".meta/wrong/invented.sh").unlink(), "has 1 answers; at least 2"),
    (lambda folder: (folder / ".meta/right/immediately.sh").unlink(), ".meta/right is empty"),
    (lambda folder: (folder / ".meta/solution.sh").unlink(), ".meta/solution.sh is missing"),
    (_replace(".meta/design.md", "## Goal", "## Aim"), "no heading 'Goal'"),
    (_replace("test_notes.py", '"""01', 'import time\n"""01'), "imports time"),
    (_replace("lab.toml", "[parameters]", '[shape]\ndisks = [{size = "1G"}]\n[parameters]'), 'its needs have "disks"'),
    (_replace("lab.toml", "[parameters]", "[shape]\nnodes = 2\n[parameters]"), 'its needs have "numa_2"'),
    (_replace("lab.toml", '["own_kernel"]', '["own_kernel", "numa_4"]'), "a machine of 4 nodes if, and only if"),
    (_replace("lab.toml", "[parameters]", "[machines.old]\n[parameters]"), "no task is about the machine old"),
    (_replace("lab.toml", "[parameters]", "[machines.old]\n[parameters]"), "scenario_old.sh is missing"),
    (_write("scenario_old.sh", ""), "scenario_old.sh is no file of a lab"),
    (_write(".meta/solution.sh", "true\n# at: old\ntrue\n"), ".meta/solution.sh: there is no machine old"),
    (_replace("scenario.sh", "# Leaves", "# TODO leaves"), "scenario.sh: has a TODO"),
]


@pytest.mark.parametrize(("spoil", "complaint"), CASES, ids=[case[1] for case in CASES])
def test_each_fault_is_named(folder, spoil, complaint):
    spoil(folder)

    assert complaint in "\n".join(lint.complaints(Lab.load(folder)))


def test_files_for_the_stage_have_a_folder(folder):
    (folder / "stage").mkdir()
    (folder / "stage" / "daemon.py").touch()

    assert lint.complaints(Lab.load(folder)) == []


def test_claims_are_read(tmp_path):
    path = tmp_path / "x.sh"
    path.write_text("# fails: test_a, test_b\n# errors: it powers off\n")

    assert lint.Claim(fails=frozenset({"test_a", "test_b"}), errors=True, own_kernel=True) == lint.claim(path)
    path.write_text("# fails: test_a\n# own_kernel: it is everybody's\n")
    assert lint.Claim(fails=frozenset({"test_a"}), errors=False, own_kernel=True) == lint.claim(path)
