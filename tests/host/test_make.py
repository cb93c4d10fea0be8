"""The Makefile and what stands around it: statuses, order, lock files, one table of packages."""

import os
import re
import shutil

import pytest

from containers import programs


@pytest.fixture
def ready(computer):
    """A computer where nothing is missing, with stand-ins for what .venv brings."""
    computer.complete()
    for tool in ("make", "awk"):
        found = shutil.which(tool)
        assert found, f"this host has no {tool}"
        (computer.bin / tool).symlink_to(found)
    assert computer.setup("dev").returncode == 0
    for name in ("ramlab", "pytest", "ruff", "mypy"):
        status = f"${{{name.upper()}_STATUS:-0}}"
        script = f'#!/bin/sh\necho "{name} $*" >>"{computer.folder}/calls"\nexit {status}\n'
        computer.program(name, script).rename(computer.checkout / ".venv/bin" / name)
    (computer.folder / "calls").unlink()
    return computer


@pytest.mark.parametrize("status", ["0", "1"])
def test_open_tasks_are_no_failure_of_make_lab(ready, status):
    done = ready.run("make", "lab", PYTEST_STATUS=status)
    assert done.returncode == 0, done.stderr
    assert ready.calls == ["ramlab start 05_oom --no-shell", "pytest labs/05_oom"]
    assert "ramlab shell 05_oom" in done.stdout


@pytest.mark.parametrize("status", ["2", "3", "4", "5"])
def test_whatever_else_pytest_ends_with_is(ready, status):
    done = ready.run("make", "lab", PYTEST_STATUS=status)
    assert done.returncode != 0
    assert f"pytest ended with status {status}" in done.stderr
    assert "ramlab doctor" in done.stderr
    assert "Type next" not in done.stdout


@pytest.mark.parametrize("status", ["3", "4"])
def test_a_machine_that_does_not_start_is_the_end(ready, status):
    done = ready.run("make", "lab", RAMLAB_STATUS=status)
    assert done.returncode != 0
    assert ready.calls == ["ramlab start 05_oom --no-shell"]


def test_make_test_lints_first_and_ends_in_pytest(ready):
    done = ready.run("make", "test")
    assert done.returncode == 0, done.stderr
    names = [call.split()[0] for call in ready.calls]
    assert names[:3] == ["ruff", "ruff", "mypy"]
    assert names[-1] == "pytest"
    assert ready.run("make", "test", PYTEST_STATUS="1").returncode != 0
    assert ready.run("make", "test", MYPY_STATUS="1").returncode != 0


def test_plain_make_says_what_there_is(ready):
    done = ready.run("make")
    assert done.returncode == 0
    assert re.search(r"^make lab +set everything up", done.stdout, re.MULTILINE)
    assert ready.calls == []


def test_ci_runs_make_test(computer):
    script = computer.checkout / ".ci/run"
    assert os.access(script, os.X_OK)
    computer.program("make", '#!/bin/sh\necho "make $* in $PWD"\n')
    done = computer.run(str(script), folder=computer.folder)
    assert done.stdout == f"make test in {computer.checkout}\n"


def pins(path):
    """Requirement -> version of a lock file, each with hashes."""
    text = path.read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in lines:
        assert re.fullmatch(r"[a-z0-9-]+==\S+( ; .*)?( +--hash=sha256:[0-9a-f]{64})+ *", line), line[:80]
    return dict(line.split()[0].split("==") for line in lines)


def test_lock_files_are_pinned_hashed_and_name_no_address(computer):
    run, dev = (pins(computer.checkout / f"requirements/{name}.txt") for name in ("run", "dev"))
    assert run.items() <= dev.items(), "dev serves as run"
    for name in ("run", "dev"):
        assert "://" not in (computer.checkout / f"requirements/{name}.txt").read_text()


def rows(computer):
    table = (computer.checkout / "containers/host/packages.txt").read_text().splitlines()
    return [line.split(maxsplit=8) for line in table if line and not line.startswith("#")]


def test_every_row_of_the_table_is_whole(computer):
    for row in rows(computer):
        assert len(row) == 9, row
        assert row[1] in {"all", "user", "dev"}, row


def test_the_tool_names_the_packages_that_the_table_has(computer):
    table = {row[0]: row[2] for row in rows(computer)}
    for program, package in programs.PACKAGES.items():
        assert package in table.values(), f"{program}: {package} is not in containers/host/packages.txt"
        assert table.get(program, package) == package
