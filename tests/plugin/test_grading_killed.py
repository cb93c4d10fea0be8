"""`ramlab grade` on one host and on workers, and SIGKILL for each of its processes: nothing is lost, nothing doubled.

RAMLAB_KILLS=20 kills so many workers and coordinators, each at another moment.
"""

import csv
import json
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from ramlab.catalogue import Lab
from ramlab.children import Children
from ramlab.grading import cluster, replaying
from ramlab.grading.engines import chosen
from ramlab.submission import version_of

KILLS = int(os.environ.get("RAMLAB_KILLS", "2"))
PARTLY = 'answer size "$(cat /stage/size)"\n'
PATIENCE = 60
"""Seconds for what was left alone to end."""
POISON = """pid=$$
while [ "$pid" -gt 1 ]; do
  case $(tr '\\0' ' ' < /proc/$pid/cmdline) in *spawn_main*) kill -9 "$pid"; break ;; esac
  pid=$(awk '/^PPid:/ {print $2}' /proc/$pid/status)
done
sleep 100
"""

needs_dask = pytest.mark.skipif(
    not (find_spec("distributed") and find_spec("cryptography")), reason=f"no Dask, or no TLS: {cluster.INSTALL}"
)


@pytest.fixture
def class_of(course, hand_in):
    """Hand in for so many students; the points that each is to have."""
    course.environment["DASK_DISTRIBUTED__WORKER__PRELOAD"] = "local_workers"

    def hand(count):
        answers = [("", 0), (PARTLY, 1), (None, 6)]
        points = {}
        for number in range(count):
            answer, points[f"s{number:02}"] = answers[number % 3]
            hand_in(f"s{number:02}", *([] if answer is None else [answer + f"# {number}\n"]))
        return points

    return hand


def of_class(course):
    with (course.root / "grades" / "grades.csv").open() as file:
        return {row["student"]: int(row["01_notes"]) if row["01_notes"] else None for row in csv.DictReader(file)}


def stored(course):
    """How many results of each student are in the store."""
    paths = (course.root / "grades" / "results").glob("*.json")
    return Counter(json.loads(path.read_text())["student"] for path in paths)


def children(pid):
    """The processes that descend from it: by pid, the parent and the command line."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            found.setdefault(parent, []).append((int(entry.name), (entry / "cmdline").read_text().replace("\0", " ")))
    waiting, below = [pid], {}
    while waiting:
        parent = waiting.pop()
        for child, line in found.get(parent, []):
            below[child] = parent, line
            waiting.append(child)
    return below


def wait_for(what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not (seen := what()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)
    return seen


def workers(process):
    return topmost(process, "spawn_main")


def attempts(process):
    return topmost(process, "--attempt-report")


def topmost(process, word):
    """Those below it whose command line has the word, without what they have forked: that has it too until it execs."""
    below = children(process.pid)
    with_word = {pid for pid, (_, line) in below.items() if word in line}
    return [pid for pid in with_word if below[pid][0] not in with_word]


def kill(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def graded_once(course, said, points):
    """Every submission has its grade, was told of once, and is in the store once."""
    assert of_class(course) == points
    assert set(stored(course)) == set(points)
    assert set(stored(course).values()) == {1}
    told = Counter(line.split()[1] for line in said.splitlines() if line.startswith(" ✓"))
    assert told == Counter(f"{student}-01_notes.tar.gz" for student in points)
    wait_for(lambda: course.machines() == [])


@needs_dask
def test_workers_give_the_grades_that_processes_give(course, class_of):
    points = class_of(6)

    run = course.ramlab("grade", "class", "--on", "local:2")

    assert run.status == 0, run
    graded_once(course, run.stdout, points)
    on_workers = {path.name for path in (course.root / "grades" / "results").iterdir()}
    course.ramlab("grade", "class", "--jobs", "2", "--out", "here")
    assert {path.name for path in (course.root / "here" / "results").iterdir()} == on_workers
    assert (course.root / "here" / "grades.csv").read_text() == (course.root / "grades" / "grades.csv").read_text()


@needs_dask
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_worker_costs_nothing(course, class_of, seed):
    points = class_of(9)
    luck = random.Random(seed)  # noqa: S311 -- to be able to do the same again
    process = course.begin("grade", "class", "--on", "local:2")
    wait_for(lambda: attempts(process))
    moment = luck.uniform(0, 3)
    time.sleep(moment)
    victims = workers(process)

    kill(luck.choice(victims))

    said, complaints = process.communicate(timeout=120)
    before = said.count(" ✓")
    print(f"seed {seed}: a worker of {len(victims)} killed {moment:.2f} s after the first attempt; {before} graded")
    assert process.returncode == 0, (said, complaints)
    graded_once(course, said, points)


@needs_dask
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_coordinator_is_resumed(course, class_of, seed):
    points = class_of(9)
    luck = random.Random(seed)  # noqa: S311
    process = course.begin("grade", "class", "--on", "local:2")
    wait_for(lambda: attempts(process))
    moment = luck.uniform(0, 4)
    time.sleep(moment)
    below = children(process.pid)
    process.kill()
    process.communicate(timeout=120)
    wait_for(lambda: not alive(below))
    assert course.machines() == []
    first = {path: path.stat().st_mtime_ns for path in (course.root / "grades").glob("results/*.json")}

    run = course.ramlab("grade", "class", "--on", "local:2")

    print(f"seed {seed}: the coordinator killed {moment:.2f} s after the first attempt, {len(first)} of 9 being graded")
    assert run.status == 0, run
    graded_once(course, run.stdout, points)
    assert {path: path.stat().st_mtime_ns for path in first} == first


@needs_dask
def test_who_kills_workers_is_no_zero_and_others_are_graded(course, class_of, hand_in):
    points = class_of(6)
    hand_in("poison", POISON)

    run = course.ramlab("grade", "class", "--on", "local:2")

    assert run.status == 4, run
    assert of_class(course) == points | {"poison": None}
    assert "poison-01_notes.tar.gz  could not be graded: 3 workers ended under it, the last one on 127.0.0.1" in (
        run.stdout
    )
    wait_for(lambda: course.machines() == [])

    # Without what killed them it is graded, and nothing else is done again.
    (course.root / "class" / "poison-01_notes.tar.gz").unlink()
    hand_in("poison", PARTLY)
    assert course.ramlab("grade", "class", "--on", "local:1").status == 0
    assert of_class(course) == points | {"poison": 1}


@needs_dask
def test_ctrl_c_ends_workers_attempts_and_machines(course, class_of, hand_in):
    class_of(1)
    hand_in("slow", "sleep 1000\n")
    process = course.begin("grade", "class", "--on", "local:2")
    wait_for(lambda: stored(course) and course.machines())
    below = children(process.pid)

    process.send_signal(signal.SIGINT)

    assert process.wait(60) == 130
    wait_for(lambda: course.machines() == [])
    wait_for(lambda: not any("spawn_main" in line or "--attempt" in line for line in alive(below)))
    assert set(stored(course)) == {"s00"}


def alive(processes):
    return [line for pid, (_, line) in processes.items() if Path(f"/proc/{pid}").exists()]


def test_attempts_end_with_who_was_killed(course, hand_in):
    hand_in("slow", "sleep 1000\n")
    process = course.begin("grade", "class", "--jobs", "1")
    wait_for(course.machines)
    (attempt,) = attempts(process)

    process.kill()

    process.communicate(timeout=60)
    wait_for(lambda: course.machines() == [])
    wait_for(lambda: not Path(f"/proc/{attempt}").exists())


def test_the_machine_of_a_killed_attempt_is_reaped_and_the_answer_tried_again(course, hand_in):
    hand_in("ada", 'answer size "$(cat /stage/size)"\n[ -e "$WORLD/../../../once" ] || sleep 1000\n')
    process = course.begin("grade", "class", "--jobs", "1")
    wait_for(course.machines)
    (attempt,) = attempts(process)
    (course.state.parent / "once").touch()

    kill(attempt)

    said, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, (said, complaints)
    assert of_class(course) == {"ada": 1}
    assert course.machines() == []


def test_what_killed_attempts_have_left_goes_with_the_next_grading(course, hand_in):
    hand_in("slow", "sleep 1000\n")
    process = course.begin("grade", "class", "--jobs", "1")
    (left,) = wait_for(course.machines)
    (attempt,) = attempts(process)
    os.kill(attempt, signal.SIGSTOP)  # so that it cannot notice
    process.kill()
    kill(attempt)
    process.communicate(timeout=60)
    assert course.machines() == [left]
    (course.root / "class" / "slow-01_notes.tar.gz").unlink()
    hand_in("ada")

    assert course.ramlab("grade", "class").status == 0

    assert course.machines() == []


@needs_dask
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--on", "lokal:2"), "--on lokal:2: no such place\n  next: did you mean local? legal: local:N, ssh:HOST"),
        (("--on", "ssh"), "--on ssh is not all\n  next: legal: ssh:HOST,HOST..."),
        (("--on", "local:none"), "--on local:none: no number of workers"),
        (("--jobs", "0"), "--jobs takes 1 or more"),
    ],
)
def test_wrong_words_are_said_to_be_wrong(course, hand_in, words, complaint):
    hand_in("ada")

    run = course.ramlab("grade", "class", *words)

    assert (run.status, complaint in run.stderr) == (2, True), run


def test_what_is_not_installed_is_named(monkeypatch):
    from importlib import util

    monkeypatch.setattr(util, "find_spec", lambda _: None)

    with pytest.raises(Exception, match="--on needs distributed, cryptography, which is not installed") as caught:
        chosen("local:2", 1)
    assert caught.value.hint == "pip install 'ramlab[cluster]'"


def test_a_host_with_another_version_says_so(course, monkeypatch):
    monkeypatch.setenv("RAMLAB_LABS", str(course.root / "labs"))
    monkeypatch.setenv("XDG_STATE_HOME", str(course.root / "state"))
    monkeypatch.setattr(replaying.socket, "gethostname", lambda: "far")
    replaying.code_version.cache_clear()
    fine = {"lab_version": version_of(Lab.load(course.lab)), "code": replaying.code_version()}
    rest = {"key": "k", "file": "f", "answer": b"", "student": "ada", "ticket": "", "lab": "01_notes", "kind": "auto"}

    for changed, what in ({"lab_version": "older"}, "lab 01_notes"), ({"code": "older"}, "ramlab"):
        told = replaying.replay(replaying.Task(**fine | rest | changed, limit=1), Children())
        assert told.undone == f"far has another version of {what}: bring it up to date, and grade again"
    replaying.code_version.cache_clear()
