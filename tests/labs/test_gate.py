"""Every lab through the gate in brief: untouched fails, the solution passes, each check refuses a wrong answer.

All answers, five times in a row, are run by hand: `ramlab verify 05_oom --repeat 5`.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LABS = sorted(path.parent.name for path in (ROOT / "labs").glob("*/lab.toml"))

# slow: some ten machines for a lab, many of which run out of memory once or twice.
pytestmark = [pytest.mark.machine, pytest.mark.slow]


def test_there_are_labs():
    assert "05_oom" in LABS


@pytest.mark.parametrize("lab", LABS)
def test_the_gate_opens(lab):
    done = subprocess.run(
        [Path(sys.executable).with_name("ramlab"), "verify", lab, "--jobs", "2", "--brief"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
