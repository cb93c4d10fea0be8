"""A host that is left as it was found: whatever way a machine ends that has changed the kernel for everybody."""

import json
import signal

import pytest

from checkers.waiting import until
from containers import ledger, machines, undoing
from containers.shape import Shape

WRECK = "90_wreck"


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.fixture
def wrecked(dockerhost, student):
    """Start a machine whose scenario changes everything, and goes on as `end` says; what the kernel was before."""

    def start(end, *, background=False):
        dockerhost.vm.learner.run(f"echo {end} > /root/end")
        before = dockerhost.snapshot()
        run = dockerhost.ramlab(
            "start", WRECK, "--student", student, "--machine", "docker", "--no-shell", background=background
        )
        if background:
            changed = until(lambda: changes(dockerhost, before), lambda found: len(found) >= 6, deadline=300)
            assert len(changed) >= 6
        return before, run

    return start


def changes(dockerhost, before):
    """What is not as before, by name; pages that a loop device has not written yet are of no interest."""
    return [str(difference) for difference in ledger.differences(before, dockerhost.snapshot())]


def test_the_ledger_is_on_disk_before_the_learners_container_runs(dockerhost, student, monkeypatch):
    """And who is killed just then leaves nothing: the next status removes both containers."""
    seen = []

    def record(book, snapshot):
        kept = ledger_record(book, snapshot)
        on_disk = json.loads(book.path.read_text())["snapshot"]
        running = dockerhost.docker("ps --quiet").split()
        existing = dockerhost.docker("ps --quiet --all").split()
        seen.append((on_disk == kept.as_json(), len(running), len(existing)))
        raise Killed

    ledger_record = ledger.Ledger.record
    monkeypatch.setattr(ledger.Ledger, "record", record)
    # What is killed undoes nothing.
    monkeypatch.setattr(undoing, "remove", lambda *_: None)
    with pytest.raises(Killed):
        machines.start(f"reader@{student}", Shape(memory="96M"), kind="docker")

    assert seen == [(True, 1, 2)]
    assert f"reader@{student} had ended" in dockerhost.ramlab("status").stdout
    assert dockerhost.left() == []


def test_a_normal_stop(dockerhost, wrecked, student):
    before, run = wrecked("well")
    assert run.returncode == 0, run.stderr
    assert len(changes(dockerhost, before)) >= 6

    stopped = dockerhost.ramlab("stop", WRECK, "--student", student)

    assert (stopped.returncode, changes(dockerhost, before), dockerhost.left()) == (0, [], []), stopped.stderr


def test_what_the_host_had_before_stays(dockerhost, wrecked, student):
    """A swap area, of the very name that the lab's has, and a loop device."""
    own = (
        "mkdir -p /swap && dd if=/dev/zero of=/swap/file bs=1M count=8 2>/dev/null && chmod 600 /swap/file &&"
        " mkswap -q /swap/file && swapon -p 3 /swap/file && cp /swap/file /swap/disk && losetup -f /swap/disk"
    )
    try:
        done = dockerhost.vm.learner.run(f"modprobe loop; {own}")
        assert done.status == 0, done
        before, run = wrecked("well")
        dockerhost.ramlab("stop", WRECK, "--student", student)

        assert (run.returncode, changes(dockerhost, before)) == (0, [])
        assert [one for one in before.values if one.startswith("swap ")]
        assert [one for one in before.values if one.startswith("loop ")]
    finally:
        assert dockerhost.vm.learner.run("swapoff /swap/file; losetup -D; rm -r /swap").status == 0


def test_a_scenario_that_fails(dockerhost, wrecked):
    before, run = wrecked("fail")

    assert run.returncode == 4
    assert "it was to fail" in run.stderr
    assert (changes(dockerhost, before), dockerhost.left()) == ([], [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_can_be_heard(dockerhost, wrecked, number):
    before, run = wrecked("hang", background=True)

    run.send_signal(number)

    assert run.wait(timeout=300) == 130
    assert (changes(dockerhost, before), dockerhost.left()) == ([], [])


def test_a_kill_and_then_any_status(dockerhost, wrecked, student):
    before, run = wrecked("hang", background=True)
    run.kill()
    run.wait()
    assert len(changes(dockerhost, before)) >= 6

    status = dockerhost.ramlab("status")

    assert f"{WRECK}@{student} had ended" in status.stdout
    assert (changes(dockerhost, before), dockerhost.left()) == ([], [])


def test_an_engine_that_is_restarted_in_the_middle(dockerhost, wrecked, student):
    before, _ = wrecked("well")
    restarted = dockerhost.vm.learner.run(
        "pkill -x dockerd; while pgrep -x dockerd; do sleep 0.2; done; engine", timeout=600
    )
    assert restarted.status == 0, restarted

    status = dockerhost.ramlab("status")

    assert f"{WRECK}@{student} had ended" in status.stdout
    assert (changes(dockerhost, before), dockerhost.left()) == ([], [])
