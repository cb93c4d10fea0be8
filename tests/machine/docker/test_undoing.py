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
            changed = until(lambda: changes(dockerhost, before), lambda found: len(found) >= 8, deadline=300)
            assert len(changed) >= 8
        return before, run

    return start


def changes(dockerhost, before):
    """What is not as before, by name; pages that a loop device has not written yet are of no interest."""
    return [str(difference) for difference in ledger.differences(before, dockerhost.snapshot())]


def test_the_ledger_is_on_disk_before_the_learners_container_runs(dockerhost, student, monkeypatch):
    """And who is killed just then leaves nothing: the next status removes both containers.

    The container that looks is there before, and has changed nothing.
    """
    before = dockerhost.snapshot()
    seen = []

    def record(book, snapshot):
        kept = ledger_record(book, snapshot)
        on_disk = json.loads(book.path.read_text())["snapshot"]
        running = dockerhost.docker("ps --quiet").split()
        existing = dockerhost.docker("ps --quiet --all").split()
        changed = [str(one) for one in ledger.differences(before, kept)]
        seen.append((on_disk == kept.as_json(), len(running), len(existing), changed))
        raise Killed

    ledger_record = ledger.Ledger.record
    monkeypatch.setattr(ledger.Ledger, "record", record)
    # What is killed undoes nothing.
    monkeypatch.setattr(undoing, "remove", lambda *_: None)
    with pytest.raises(Killed):
        machines.start(f"reader@{student}", Shape(memory="96M"), kind="docker")

    assert seen == [(True, 1, 2, [])]
    assert f"reader@{student} had ended" in dockerhost.ramlab("status").stdout
    assert dockerhost.left() == []


def test_a_normal_stop(dockerhost, wrecked, student):
    before, run = wrecked("well")
    assert run.returncode == 0, run.stderr
    wrecked = changes(dockerhost, before)
    assert len(wrecked) >= 8
    assert {"cgroup /stray: was not there", "cgroup /stray/deep: was not there"} < set(wrecked)

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


def test_a_cgroup_that_a_learner_makes_outside_of_the_containers(dockerhost, student):
    """By the kernel's hand: what takes a core dump is started beside the host's processes, whoever has set it."""
    dockerhost.vm.learner.run("mkdir -p /sys/fs/cgroup/own/empty")
    before = dockerhost.snapshot()
    machine = machines.start(f"reader@{student}", Shape(memory="96M"), kind="docker")
    machine.learner.run("mkdir -p /sys/fs/cgroup/inside/deep /sys/fs/cgroup/../outside")
    assert [one for one in changes(dockerhost, before) if one.startswith("cgroup ")] == [], "it sees none but its own"
    dump = "|/usr/bin/mkdir /proc/1/root/sys/fs/cgroup/left /proc/1/root/sys/fs/cgroup/own/left"
    machine.learner.run(f"echo '{dump}' > /proc/sys/kernel/core_pattern; ulimit -c unlimited; sh -c 'kill -SEGV $$'")
    made = ["cgroup /left: was not there", "cgroup /own/left: was not there"]
    found = until(lambda: [one for one in changes(dockerhost, before) if one.startswith("cgroup ")], made.__eq__)
    assert found == made

    machine.stop()

    assert (changes(dockerhost, before), dockerhost.left()) == ([], [])
    kept = dockerhost.vm.learner.run("cd /sys/fs/cgroup && ls -d left/ own/*/; rmdir own/empty own")
    assert kept.stdout == "own/empty/\n"


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
    assert len(changes(dockerhost, before)) >= 8

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
