"""A command's start-up is the learner's time: what is imported, not how long it took, is what can be tested."""

import subprocess
import sys

import pytest

HEAVY = {"pytest", "testinfra", "docker", "pexpect", "rich", "asyncio", "qemu.qmp", "typer", "pydantic", "requests"}


def imported(*words):
    code = (
        "import sys; from ramlab.cli import main; status = main(sys.argv[1:]);"
        " print('\\n'.join(sys.modules)); sys.exit(status)"
    )
    said = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    return set(said.stdout.split())


def test_help_imports_no_machines_and_no_labs():
    modules = imported("--help")

    assert modules & (HEAVY | {"containers.machines", "ramlab.catalogue", "tomllib"}) == set()


@pytest.mark.parametrize("words", [("exec", "nolab", "--", "true"), ("shell", "nolab")])
def test_the_way_into_a_machine_is_short(words):
    modules = imported(*words)

    assert "containers.machines" in modules
    assert modules & (HEAVY | {"ramlab.catalogue", "ramlab.staging", "tomllib"}) == set()


def test_start_brings_no_test_framework():
    assert imported("start", "nolab") & HEAVY == set()
