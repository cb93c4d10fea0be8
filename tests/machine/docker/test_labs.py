"""The labs that can run in a container, by the light gate: untouched fails every task, the solution passes them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ramlab import catalogue

LABS = Path(__file__).parents[3] / "labs"


@pytest.mark.slow  # an answer waits for OOM kills, and each command of a check starts a process beside the container
@pytest.mark.parametrize("answer", ["untouched", "solution"])
@pytest.mark.parametrize("name", [lab.name for lab in catalogue.all_labs()[0] if "own_kernel" not in lab.needs])
def test_the_light_gate(dockerhost, student, tmp_path, name, answer):
    file = tmp_path / "untouched.sh"
    file.write_text("true\n")
    if answer == "solution":
        file = LABS / name / ".meta" / "solution.sh"
    report = tmp_path / "report.json"
    words = ["--machine", "docker", "--answer", str(file), "--attempt-report", str(report), "--student", student]

    run = subprocess.run(
        [sys.executable, "-m", "pytest", str(LABS / name), "-p", "no:cacheprovider", *words],
        env={**dockerhost.env, "RAMLAB_LABS": str(LABS)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    outcomes = {check: verdict["outcome"] for check, verdict in json.loads(report.read_text())["checks"].items()}
    wanted = "passed" if answer == "solution" else "failed"
    assert set(outcomes.values()) == {wanted}, run.stdout
    assert dockerhost.left() == []
