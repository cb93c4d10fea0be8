"""`ramlab grade --on slurm:QUEUE`. RAMLAB_SLURM=QUEUE runs it, where sbatch reaches a Slurm with that queue."""

import csv
import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

QUEUE = os.environ.get("RAMLAB_SLURM", "")
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not QUEUE, reason="RAMLAB_SLURM names no queue"),
    pytest.mark.skipif(not find_spec("dask_jobqueue"), reason="no dask-jobqueue"),
]


@pytest.fixture
def points(course, hand_in):
    course.environment["DASK_DISTRIBUTED__WORKER__PRELOAD"] = "local_workers"
    points = {f"s{number}": number % 2 for number in range(8)}
    for student, has in points.items():
        hand_in(student, "sleep 1\n" + ('answer size "$(cat /stage/size)"\n' if has else ""))
    return points


def grades(course):
    with (course.root / "grades" / "grades.csv").open() as file:
        return {row["student"]: int(row["01_notes"]) for row in csv.DictReader(file)}


def stored(course):
    paths = (course.root / "grades" / "results").glob("*.json")
    return sorted(json.loads(path.read_text())["student"] for path in paths)


def jobs():
    said = subprocess.run(
        ["squeue", "--me", "--noheader", "--states=running", "--format=%i"], check=True, capture_output=True, text=True
    )
    return said.stdout.split()


def machines(course):
    return list(course.root.glob("state/ramlab-workers/*/ramlab/machines/*"))


def until(what, seconds=60):
    end = time.monotonic() + seconds
    while not (seen := what()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.2)
    return seen


def test_jobs_of_a_queue_grade(course, points):
    run = course.ramlab("grade", "class", "--on", f"slurm:{QUEUE}", "--jobs", "2")

    assert run.status == 0, run
    assert (grades(course), stored(course)) == (points, sorted(points))
    until(lambda: not jobs() and not machines(course))


def test_a_job_that_is_killed_costs_nothing(course, points):
    process = course.begin("grade", "class", "--on", f"slurm:{QUEUE}", "--jobs", "2")
    until(lambda: machines(course))

    subprocess.run(["scancel", "--signal=KILL", "--full", jobs()[0]], check=True)

    said, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, (said, complaints)
    assert (grades(course), stored(course)) == (points, sorted(points))
    until(lambda: not jobs() and not machines(course))


def test_a_worker_that_is_killed_costs_nothing(course, points):
    process = course.begin("grade", "class", "--on", f"slurm:{QUEUE}", "--jobs", "2")
    until(lambda: machines(course))

    for path in Path("/proc").glob("[0-9]*"):  # of a Slurm whose node is this computer
        with suppress(OSError):
            if (
                b"spawn_main" in (path / "cmdline").read_bytes()
                and str(course.root).encode() in (path / "environ").read_bytes()
            ):
                os.kill(int(path.name), signal.SIGKILL)
                break
    else:
        pytest.skip("the queue's nodes are other computers")

    said, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, (said, complaints)
    assert (grades(course), stored(course)) == (points, sorted(points))
    until(lambda: not jobs() and not machines(course))
