"""What a seat decides without a machine: which checks act, what is read, how heavy a process weighs."""

import asyncio
import os
import select
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
    labs, broken = catalogue.all_labs()
    assert labs
    assert broken == []
    for one in labs:
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
    while not pulse.heavy:  # on a busy computer it does not get at once what it wants
        assert time.monotonic() < end
        time.sleep(0.2)
        pulse.beat(share=0.05)
        pulse.weigh(0)
    threads = [int(path.name) for path in Path(f"/proc/{spinning}/task").iterdir()]
    assert len(threads) > 1
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


OPENING = """
import asyncio
from ramlab.workshop.bringing_up import turn_to_open
async def main():
    print("waits", flush=True)
    async with turn_to_open():
        print("in", flush=True)
        await asyncio.sleep(1000)
asyncio.run(main())
"""


def test_what_nobody_sees_waits_for_those_who_wait_for_a_terminal(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    command = [sys.executable, "-c", OPENING]
    # Unbuffered, as select sees nothing of what a reader keeps for itself.
    them = [subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) for _ in range(bringing_up.AT_ONCE + 1)]
    for one in them:
        assert one.stdout.readline() == b"waits\n"

    async def outlived():
        behind = asyncio.create_task(bringing_up.nobody_waits_to_open())
        while them:
            entered = await asyncio.to_thread(first_in, them)
            assert not behind.done()
            entered.kill()
            entered.wait()
            entered.stdout.close()
            them.remove(entered)
        await asyncio.wait_for(behind, 60)

    asyncio.run(outlived())


def first_in(them):
    """Whoever says first that it is in."""
    ready, _, _ = select.select([one.stdout for one in them], [], [], 60)
    assert ready[0].readline() == b"in\n"
    return next(one for one in them if one.stdout is ready[0])


def test_an_idle_process_has_no_pulse():
    process = subprocess.Popen(["sleep", "60"])
    pulse = weights.Pulse(process.pid)
    time.sleep(0.3)
    assert pulse.beat(share=0.05) == 0
    process.kill()
    process.wait()
    assert weights.cpu_seconds(process.pid) is None


@pytest.fixture
def starved():
    """A process that would take a whole CPU and gets next to nothing of it: another one has the same CPU."""
    (cpu, *_) = sorted(os.sched_getaffinity(0))
    spin = f"import os; os.sched_setaffinity(0, [{cpu}]); {{}}\nwhile True: pass"
    both = [subprocess.Popen([sys.executable, "-c", spin.format(words)]) for words in ("os.nice(19)", "")]
    yield both[0].pid
    for one in both:
        one.kill()
        one.wait()


def test_who_would_be_busy_on_a_quieter_computer_is_busy(starved):
    got, end = 1.0, time.monotonic() + 60
    while got > 0.2:  # until the other one has begun
        assert time.monotonic() < end, "it was not starved"
        pulse = weights.Pulse(starved)
        had, begun = weights.cpu_seconds(starved), time.monotonic()
        time.sleep(1)
        got = (weights.cpu_seconds(starved) - had) / (time.monotonic() - begun)

    assert pulse.beat(share=0.25) > 0
    # And it is not taken for one that takes much from others.
    pulse.weigh(0)
    assert pulse.heavy is False
