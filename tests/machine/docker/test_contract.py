"""What holds for every kind of machine, asked of each."""

import subprocess

import pytest

from checkers import cgroups, processes
from containers import backend, machines
from containers.shape import Shape

KINDS = ["vm", "docker"]


@pytest.fixture(params=KINDS)
def machine(request, dockerhost, student):
    machine = machines.start(f"contract@{student}", Shape(memory="128M"), kind=request.param)
    yield machine
    machine.stop()


def test_the_two_doors(machine):
    """Streams, statuses, one kernel with two roots, and what a learner cannot replace."""
    learner, examiner = machine.learner, machine.examiner
    staged = machine.set_stage("cat; echo said; echo complained >&2; exit 3", stdin=b"given\n", timeout=300)
    assert (staged.status, staged.stdout, staged.stderr) == (3, "given\nsaid\n", "complained\n")

    done = examiner.run("cat; echo error >&2; exit 7", stdin="typed\n")
    assert (done.status, done.stdout, done.stderr) == (7, "typed\n", "error\n")
    assert examiner.run("sh -c 'kill -9 $$'").status == 137
    assert examiner.run("if then").status == 2
    assert learner.run("printf 'no newline'").stdout == "no newline"
    assert learner.run("head -c 300000 /dev/zero | tr '\\0' x").stdout == "x" * 300000
    assert learner.run("wc -c", stdin=b"x" * 300000).stdout == "300000\n"
    assert backend.host_of(examiner).run("printf 'n\\303\\266 \\377'").stdout_bytes == b"n\xc3\xb6 \xff"

    learner.run("echo mine > /root/mine; sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > /root/pid")
    seen = examiner.run("cat /proc/1/root/root/mine; cat /proc/$(cat /proc/1/root/root/pid)/comm; ls /root")
    assert seen.stdout.split() == ["mine", "sleep"]
    assert learner.run("hostname").stdout == "contract\n"

    learner.run(
        "printf '#!/bin/sh\\necho lies\\n' > /tmp/lie; chmod +x /tmp/lie;"
        " for tool in cat ls sh dash python3; do cp /tmp/lie /usr/local/bin/$tool; done; cp /tmp/lie /usr/bin/cat;"
        " mount -t tmpfs none /sys/kernel/mm"
    )
    seen = examiner.run("cat /proc/meminfo; ls /sys/kernel/mm/transparent_hugepage; python3 -c 'print(6*7)'").stdout
    assert all(word in seen for word in ("MemTotal", "enabled", "42"))
    assert "lies" not in seen

    done = subprocess.run(
        machine.learner.argv("/usr/bin/head -n 1; exit 3"),
        input="through a pipe\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "through a pipe\n")


def test_cgroups_and_what_the_kernel_calls_them(machine):
    """A learner may limit a job; the checks know what the kernel log says about it."""
    machine.set_stage("true", stdin=b"", timeout=300)
    made = machine.learner.run(
        "cd /sys/fs/cgroup && mkdir job && echo 20M > job/memory.max && echo 1 > job/memory.oom.group || exit\n"
        "sh -c 'echo 0 > job/cgroup.procs && exec sleep 1000' </dev/null >/dev/null 2>&1 &\n"
        "until grep -q sleep /proc/$!/comm; do sleep 0.1; done"
    )
    assert made.status == 0, made
    host = backend.host_of(machine.examiner)
    job = cgroups.tree(host)["/job"]
    (sleeper,) = [one for one in processes.table(host) if one.cgroup == "/job"]

    assert (job.max_bytes, job.oom_group, job.procs) == (20 << 20, True, (sleeper.pid,))
    assert job.kernel_path.endswith("/job")
    assert (job.kernel_path == "/job", sleeper.kernel_pid == sleeper.pid) == ((machine.kind == "vm"),) * 2


@pytest.mark.parametrize("machine", ["docker"], indirect=True)
def test_the_doors_open_again_after_kill_9_minus_1(machine):
    """tests/machine has the same for the other kind."""
    machine.set_stage("echo kept > /run/lab/kept", stdin=b"", timeout=300)
    assert machine.learner.run("kill -9 -1; sleep 1000").status == 137

    assert machine.examiner.run("cat /run/lab/kept").stdout == "kept\n"
    assert machine.learner.run("echo here").stdout == "here\n"
    assert machine.alive()
