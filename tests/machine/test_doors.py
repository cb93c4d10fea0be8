"""The two ways in, and what a learner who is root cannot do to the second one."""

import subprocess

import pytest

from containers import backend
from containers.errors import MachineError


def test_both_doors_lead_to_one_kernel_and_two_file_systems(machine):
    machine.learner.run("echo mine > /root/mine; sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > /root/pid")

    seen = machine.examiner.run("cat /proc/1/root/root/mine; cat /proc/$(cat /proc/1/root/root/pid)/comm; ls /root")

    assert seen.stdout.split() == ["mine", "sleep"]
    assert machine.learner.run("hostname").stdout == "fork\n"


def test_streams_and_exit_status_pass_through(machine):
    done = machine.examiner.run("cat; echo error >&2; exit 7", stdin="typed\n")

    assert (done.status, done.stdout, done.stderr) == (7, "typed\n", "error\n")
    assert machine.examiner.run("sh -c 'kill -9 $$'").status == 137
    assert machine.examiner.run("if then").status == 2
    assert machine.learner.run("printf 'no newline'").stdout == "no newline"


def test_bytes_that_are_no_utf8_survive(machine):
    assert backend.host_of(machine.examiner).run("printf 'n\\303\\266 \\377'").stdout_bytes == b"n\xc3\xb6 \xff"


def test_exec_argv_is_a_plain_command_line(machine):
    done = subprocess.run(
        machine.learner.argv("cat; exit 3"), input="through a pipe", capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (3, "through a pipe")


def test_replaced_programs_and_mounts_do_not_reach_the_examiner(machine):
    lie = """
        fallocate -l 64M /s; chmod 600 /s; mkswap -q /s; swapon /s
        printf '#!/bin/sh\\necho lies\\n' > /tmp/lie; chmod +x /tmp/lie
        for tool in cat ls sh dash bash python3 dmesg swapon; do cp /tmp/lie /usr/local/bin/$tool; done
        cp /usr/bin/cat /root/cat; cp /tmp/lie /usr/bin/cat
        echo 'Filename Type Size Used Priority' > /tmp/swaps; mount --bind /tmp/swaps /proc/swaps
        mount -t tmpfs none /sys/kernel/mm
    """
    machine.learner.run(lie)

    assert machine.learner.run("/root/cat /proc/swaps").stdout.count("\n") == 1
    seen = machine.examiner.run("cat /proc/swaps; ls /sys/kernel/mm/transparent_hugepage; python3 -c 'print(6*7)'")
    assert "/s" in seen.stdout
    assert "enabled" in seen.stdout
    assert "42" in seen.stdout
    assert "lies" not in seen.stdout


@pytest.mark.parametrize("blow", ["kill -9 -1", "echo i > /proc/sysrq-trigger", "pkill -9 dropbear"])
def test_both_doors_open_again_after_everything_was_killed(machine, blow):
    subprocess.run(machine.learner.argv(blow), capture_output=True, timeout=60, check=False)

    assert _patiently(machine.examiner, "cat /proc/self/oom_score_adj").stdout == "-1000\n"
    assert _patiently(machine.learner, "cat /proc/self/oom_score_adj").stdout == "0\n"


def test_pid_1_reaps_and_ignores_signals(machine):
    machine.learner.run(
        "for i in 1 2 3 4 5; do (setsid sh -c 'sleep 0.1' </dev/null >/dev/null 2>&1 &) ; done; kill 1; kill -9 1"
    )

    until_no_zombie = "until ! grep -ls '^State:.Z' /proc/[0-9]*/status; do sleep 0.1; done; echo none"
    assert machine.examiner.run(until_no_zombie).stdout.endswith("none\n")


def test_the_network_ends_at_the_doors(machine):
    tried = machine.learner.run("timeout 5 bash -c 'exec 3<>/dev/tcp/10.0.2.2/22' 2>&1; echo $?")

    assert tried.stdout.split()[-1] != "0"


def _patiently(door, command):
    """A door that PID 1 has to reopen first; the old connection has to be noticed to be gone."""
    for _ in range(2):
        try:
            return door.run(command)
        except MachineError:
            continue
    return door.run(command)
