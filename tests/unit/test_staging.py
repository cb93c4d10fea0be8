"""What a machine is given, and what is kept from it."""

import io
import subprocess
import tarfile
from pathlib import Path

from ramlab import staging
from ramlab.briefing import motd
from ramlab.catalogue import Lab

NOTES = Path(__file__).parent.parent / "plugin" / "course" / "labs" / "01_notes"
LABS = Path(__file__).parents[2] / "labs"


def contents(lab):
    with tarfile.open(fileobj=io.BytesIO(staging.bundle(lab))) as tar:
        return {entry.name: tar.extractfile(entry).read().decode() for entry in tar if entry.isfile()}


def test_neither_checks_nor_answers_get_in():
    names = set(contents(Lab.load(NOTES).for_student("ada")))

    shared = "proc/1/root/usr/local/share/ramlab/"
    stage = {"README.md", "lab.toml", "scenario.sh", "workload.py", "parameters.env"}
    learners = {"README.md", "workload.py", "parameters.env"}
    assert names == {f"run/lab/{x}" for x in stage} | {shared + x for x in learners} | {"proc/1/root/etc/motd"}


def test_the_students_parameters_get_in_and_the_learner_sees_those_that_are_no_answers():
    inside = contents(Lab.load(NOTES).for_student("ada"))

    assert inside["run/lab/parameters.env"] == "LAB=01_notes\nSTUDENT=ada\nSIZE=30\nWORD=amber\n"
    shown = inside["proc/1/root/usr/local/share/ramlab/parameters.env"]
    assert shown == "LAB=01_notes\nSTUDENT=ada\nWORD=amber\n"


def test_a_workload_runs_where_there_is_no_ramlab(tmp_path):
    lab = Lab.load(LABS / "05_oom").for_student("ada")

    source = contents(lab)["proc/1/root/usr/local/share/ramlab/workload.py"]
    (tmp_path / "workload.py").write_text(source)
    said = subprocess.run(
        ["python3", "-I", tmp_path / "workload.py", "dance"], capture_output=True, text=True, check=False
    )

    assert said.returncode == 2, said.stderr
    assert said.stdout.startswith("Drives the actors of lab 05")
    assert "def oom_kills" in source
    assert "from ramlab" not in source


def test_the_same_lab_gives_the_same_bytes():
    lab = Lab.load(NOTES).for_student("ada")

    assert staging.bundle(lab) == staging.bundle(lab)


def test_the_motd_fits_a_terminal_and_names_the_tasks():
    text = motd(Lab.load(NOTES).for_student("ada"))

    assert all(len(line) <= 80 for line in text.splitlines())
    assert "  2. The note has your word." in text
    assert "answer NAME VALUE" in text
    assert "ramlab check 01" in text
