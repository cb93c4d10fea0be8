"""The hand that sets the stage of a fork, without a door."""

import pytest

from containers.errors import MachineError


def test_it_runs_one_script_as_the_examiner_and_the_next_goes_through_the_door(machine):
    script = 'cd /tmp\nread -r first\necho "$first"; cat | wc -c; echo "$0" >&2; exit 7'

    done = machine.set_stage(script, stdin=b"one\n" + bytes(range(256)) * 400, timeout=60)

    assert (done.status, done.stdout, done.stderr) == (7, "one\n102400\n", "hand\n")
    assert machine.set_stage("cat; echo $0", stdin=b"two\n", timeout=60).stdout.startswith("two\n")
    gone = machine.learner.run("timeout 60 sh -c 'while pgrep -f [W]AITING; do sleep 0.1; done'")
    assert not gone.status, "it ends when its work is done"


def test_it_is_in_the_examiners_world_and_never_chosen_to_die(machine):
    done = machine.set_stage(
        "touch /tmp/here; cat /proc/self/oom_score_adj; touch / 2>&1; hostname", stdin=b"", timeout=60
    )

    first, second, third = done.stdout.splitlines()
    assert first == "-1000"
    assert "Read-only file system" in second
    assert machine.name.startswith(third.replace("-", "_"))
    assert machine.learner.run("ls /tmp/here").status
    assert not machine.examiner.run("ls /tmp/here").status


def test_what_it_says_arrives_whole(machine):
    done = machine.set_stage("cat; seq 20000 >&2; false", stdin=bytes(range(256)) * 1000, timeout=60)

    assert done.stdout.encode(errors="surrogateescape") == bytes(range(256)) * 1000
    assert done.stderr.splitlines() == [str(n) for n in range(1, 20001)]
    assert done.status == 1


def test_a_script_may_end_before_its_input_does(machine):
    done = machine.set_stage("echo no >&2; exit 3", stdin=bytes(8 << 20), timeout=60)

    assert (done.status, done.stderr) == (3, "no\n")


def test_a_script_that_ends_the_machine_is_told_so(machine):
    with pytest.raises(MachineError, match="is gone"):
        machine.set_stage("poweroff -f", stdin=b"", timeout=60)


def test_a_silent_script_has_a_deadline(machine):
    with pytest.raises(MachineError, match="within 2 s"):
        machine.set_stage("sleep 1000", stdin=b"", timeout=2)
