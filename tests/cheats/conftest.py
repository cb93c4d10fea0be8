"""A class of cheats, and one honest student before, among and after them, graded once for all tests."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ramlab.catalogue import Lab
from ramlab.submission import Manifest, Submission, version_of

HERE = Path(__file__).parent
LAB = "90_vault"
PATIENT = ("fork_bomb", "kills_the_examiner", "shuts_the_doors", "stops_the_examiner", "traces_the_examiner")
"""They wait for deadlines, mostly idle: begun first, with others beside them, and not left for the end."""
collect_ignore = ["labs"]
"""They are for machines, and not tests of ours."""


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/cheats" in str(item.path):
            item.add_marker(pytest.mark.machine)
            item.add_marker(pytest.mark.slow)  # the worst of them are silent until a deadline


class Graded:
    """What `ramlab grade` made of the class."""

    def __init__(self, folder, run):
        self.run = run
        self.by_student = {
            one["student"]: one for one in json.loads((folder / "grades" / "grades.json").read_text())["submissions"]
        }
        with (folder / "grades" / "grades.csv").open() as file:
            self.rows = {row["student"]: row for row in csv.DictReader(file)}
        self.machines = list((folder / "state" / "ramlab" / "machines").glob("*@*"))


@pytest.fixture(scope="session")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cheats")
    shutil.copytree(HERE / "labs", folder / "labs", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pytest.ini").write_text("[pytest]\n")  # the root of a checkout
    (folder / "class").mkdir()
    version = version_of(Lab.load(folder / "labs" / LAB))
    answers = {path.stem: path.read_bytes() for path in sorted((HERE / "answers").glob("*.sh"))}
    honest = (HERE / "labs" / LAB / ".meta" / "solution.sh").read_bytes()
    first = {"a-honest": honest, **{name: answers.pop(name) for name in PATIENT}}
    students = {**first, **dict(sorted([*answers.items(), ("honest", honest)])), "zz-honest": honest}
    for number, (name, answer) in enumerate(students.items()):
        manifest = Manifest(student=name.replace("_", "-"), lab=LAB, lab_version=version, image="any")
        made = Submission(manifest=manifest, answer=answer, values={}, checks={})
        (folder / "class" / f"{number:02}-{made.name}").write_bytes(made.packed())  # graded in this order
    words = ["grade", "class", "--jobs", "3", "--limit", "100"]
    run = subprocess.run(
        [sys.executable, "-m", "ramlab.cli", *words], cwd=folder, capture_output=True,
        env={**os.environ, "XDG_STATE_HOME": str(folder / "state"), "RAMLAB_LABS": str(folder / "labs")},
        text=True, check=False,
    )  # fmt: skip
    return Graded(folder, run)
