"""What a seat decides without a machine: which checks act, what is read, how heavy a process weighs."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from containers.errors import UsageError
from ramlab import catalogue
from ramlab.workshop import bringing_up, reading, weights
from ramlab.workshop.machine import clean_environment
from ramlab.workshop.sitting import Settings
from ramlab.workshop.tasks import acting

SPIN = (
    "import threading, time\n[threading.Thread(target=lambda: [None for _ in iter(int, 1)]).start() for _ in range(2)]"
)


def lab(name):
    return catalogue.load(name, "ada")


def test_checks_that_make_work_are_known_by_their_fixtures():
    assert acting(lab("05_oom")) == {
        "test_ledgerd_is_never_chosen", "test_only_reportgen_dies", "test_reportgen_dies_as_a_group",
    }  # fmt: skip
    swap = acting(lab("03_swap"))
    assert "test_it_comes_back" in swap  # by a fixture of the lab's own, which has the workload
    assert "test_zram_comes_first" not in swap


def test_every_lab_can_be_read():
    for one in catalogue.all_labs()[0]:
        text = reading.brief(one)
        assert text.count("<h1>") == 1, one.name
        assert "<h1>" not in reading.chapter(one), one.name
        assert "{" + "ref}" not in reading.chapter(one), one.name


def test_the_chapter_is_the_one_that_leads_to_the_lab():
    chapter = reading.chapter(lab("05_oom"))
    assert "OOM killer" in chapter
    assert "% vary" not in chapter
    assert "machine: {memory" not in chapter


def test_no_raw_html_of_a_text_is_passed_on(tmp_path):
    (tmp_path / "README.md").write_text("# Title\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n")

    class Lab:
        folder = tmp_path

    html = reading.brief(Lab)
    assert "<script" not in html
    assert 'href="javascript' not in html


def test_a_seat_that_the_hub_did_not_start_says_so():
    with pytest.raises(UsageError, match="started by the hub"):
        Settings.of({})
    done = subprocess.run(
        [sys.executable, "-P", "-m", "ramlab.workshop.seat"], capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"}, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 2
    assert "ramlab workshop up" in done.stderr
    assert "Traceback" not in done.stderr


def test_programs_that_a_seat_starts_do_not_know_its_secrets(monkeypatch):
    for name in ("JUPYTERHUB_API_TOKEN", "RAMLAB_WORKSHOP_SEAT_KEY", "JPY_API_TOKEN"):
        monkeypatch.setenv(name, "secret")
    assert "secret" not in clean_environment().values()


@pytest.fixture
def spinning():
    process = subprocess.Popen([sys.executable, "-c", SPIN], start_new_session=True)
    yield process.pid
    process.kill()
    process.wait()


def test_a_busy_process_is_weighed_and_gets_its_weight_back(spinning):
    pulse = weights.Pulse(spinning)
    end = time.monotonic() + 60
    while not pulse.beat(share=0.05):
        assert time.monotonic() < end
        time.sleep(0.2)
    threads = [int(path.name) for path in Path(f"/proc/{spinning}/task").iterdir()]
    assert len(threads) > 1
    weights.weigh(spinning, busy=True)
    assert {os.sched_getscheduler(one) for one in threads} == {os.SCHED_BATCH}
    assert {os.getpriority(os.PRIO_PROCESS, one) for one in threads} == {weights.BASE}
    group = Path(f"/proc/{spinning}/autogroup")
    if group.exists():
        assert group.read_text().endswith(f"nice {weights.BUSY}\n")
    weights.weigh(spinning, busy=False)
    assert {os.sched_getscheduler(one) for one in threads} == {os.SCHED_OTHER}
    if group.exists():
        assert group.read_text().endswith(f"nice {weights.BASE}\n")


TURN = """
import time
from ramlab.workshop.bringing_up import turn
with turn():
    print("in", flush=True)
    time.sleep(1000)
"""


def test_machines_start_by_turns_and_a_killed_start_gives_its_turn_up(tmp_path):
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}

    def start():
        return subprocess.Popen([sys.executable, "-c", TURN], stdout=subprocess.PIPE, text=True, env=environment)

    first = [start() for _ in range(bringing_up.AT_ONCE)]
    assert [one.stdout.readline() for one in first] == ["in\n"] * len(first)
    last = start()
    assert "waiting for its turn" in last.stdout.readline()
    first[0].kill()
    assert last.stdout.readline() == "in\n"
    for one in (*first, last):
        one.kill()
        one.wait()
        one.stdout.close()


def test_an_idle_process_has_no_pulse():
    process = subprocess.Popen(["sleep", "60"])
    pulse = weights.Pulse(process.pid)
    time.sleep(0.3)
    assert pulse.beat(share=0.05) == 0
    process.kill()
    process.wait()
    assert weights.cpu_seconds(process.pid) is None
