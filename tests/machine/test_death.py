"""Machines that end in every way but the proper one: said, swept, never half-used, never waited for."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest

from containers import forks, keeper, locks, machines, paths, qmp, sockets, vm
from containers.errors import MachineError
from containers.machine import IN_USE, USED
from containers.shape import Shape


def test_a_killed_qemu_is_reported_and_swept(machine):
    os.kill(machine.record.pid, signal.SIGKILL)

    with pytest.raises(MachineError, match="is gone") as caught:
        machine.examiner.run("true", timeout=60)
    assert "ramlab reset" in caught.value.hint
    assert machines.find(machine.name) is None
    assert machine.name in machines.sweep()
    assert not machine.folder.exists()
    assert not sockets.folder_of(machine.folder).exists()
    machine.stop()


@pytest.mark.parametrize(
    ("blow", "words"),
    [("poweroff", "is gone"), ("busybox reboot -f", "is gone"), ("echo c > /proc/sysrq-trigger", "Kernel panic")],
)
def test_an_ended_guest_says_how_and_nothing_hangs(machine, blow, words):
    subprocess.run(machine.learner.argv(blow), capture_output=True, timeout=120, check=False)

    with pytest.raises(MachineError, match=words):
        machine.examiner.run("true", timeout=60)


def test_a_stalled_guest_is_told_from_a_dead_one_and_can_be_stopped(machine):
    machine.examiner.run("true")

    async def pause(client):
        await client.execute("stop")

    qmp.talk(sockets.folder_of(machine.folder) / "qmp", pause)

    with pytest.raises(MachineError, match="paused"):
        machine.examiner.run("true", timeout=2)
    machine.stop()
    assert not machine.alive()


def test_a_record_with_somebody_elses_pid_is_not_a_machine_and_is_not_killed(machine):
    innocent = subprocess.Popen(["sleep", "1000"])
    try:
        record = replace(machine.record, pid=innocent.pid)
        (machine.folder / vm.RECORD).write_text(json.dumps(asdict(record)))
        assert machines.find(machine.name) is None
        vm.load(machine.folder).stop()
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_after_a_reboot_no_record_counts(machine):
    (machine.folder / vm.RECORD).write_text(json.dumps(asdict(replace(machine.record, boot="another"))))

    assert machines.find(machine.name) is None


def test_a_folder_without_a_whole_record_is_swept(private_state):
    broken = private_state / "ramlab" / "machines" / "broken@test"
    broken.mkdir(parents=True)
    (broken / vm.RECORD).write_text('{"name": "broken@te')

    assert machines.find("broken@test") is None
    assert machines.sweep() == ["broken@test"]


def test_the_idle_limit_spares_what_is_in_use(machine, monkeypatch):
    monkeypatch.setenv("RAMLAB_IDLE_MINUTES", "10")
    long_ago = time.time() - 11 * 60
    assert not keeper.end_if_idle(machine)

    os.utime(machine.folder / USED, (long_ago, long_ago))
    terminal = locks.hold_shared(machine.folder / IN_USE)
    assert not keeper.end_if_idle(machine)
    monkeypatch.setenv("RAMLAB_IDLE_MINUTES", "0")
    os.close(terminal)
    assert not keeper.end_if_idle(machine)

    monkeypatch.setenv("RAMLAB_IDLE_MINUTES", "10")
    assert keeper.end_if_idle(machine)
    assert not machine.alive()


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("mount"),
    reason="mounts a small tmpfs, which takes root and mount(8); the rest of the suite needs neither",
)
def test_a_full_host_disk_is_named(tmp_path, monkeypatch, start):
    monkeypatch.setattr(forks, "NEEDS_MIB", 1)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40M", "small", tmp_path], check=True)
    try:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        machine = start("full")
        with pytest.raises(MachineError, match="disk is full"):
            machine.learner.run("dd if=/dev/urandom of=/big bs=1M count=100; sync", timeout=30)
        machine.stop()
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)


def test_nothing_is_left_behind(start, private_state):
    machine = start("clean")
    machine.learner.run("true")
    machine.stop()

    assert list((paths.state() / "machines").iterdir()) == []
    assert not sockets.folder_of(machine.folder).exists()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_who_is_ended_while_it_forks_leaves_nothing_that_is_not_found(private_state, number):
    code = """
import signal, sys
from containers import machines, qmp
from containers.shape import Shape
from ramlab import interrupts
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and that is respected
interrupts.hear()
def thaw(*_):
    print("forked", flush=True)
    sys.stdin.read()
qmp.thaw = thaw
machines.start("fork@doomed", Shape())
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout.readline() == b"forked\n"
        (record,) = [vm.load(folder).record for folder in (private_state / "ramlab" / "machines").iterdir()]
        process.send_signal(number)
        process.wait(60)

    if number == signal.SIGKILL:
        found = machines.find("fork@doomed")
        assert found.record == record
        found.stop()
    assert vm.start_time(record.pid) is None
    assert machines.every() == []


def test_ctrl_c_in_the_moment_in_which_qemu_begins_leaves_no_machine(private_state):
    code = """
import os, signal, subprocess
from containers import machines
from containers.shape import Shape
class Begun(subprocess.Popen):
    def __init__(self, argv, **named):
        super().__init__(argv, **named)
        if "qemu-system" in argv[0]:
            print(self.pid, flush=True)
            os.kill(os.getpid(), signal.SIGINT)
subprocess.Popen = Begun
machines.start("begun@doomed", Shape())
print("not to be reached")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.endswith("KeyboardInterrupt\n")
    assert vm.start_time(int(done.stdout)) is None
    assert list((private_state / "ramlab" / "machines").iterdir()) == []


def test_a_machine_that_was_replaced_is_stopped_no_more(machine, monkeypatch):
    old = vm.load(machine.folder)
    machine.stop()
    new = machines.start(machine.name, Shape())
    try:
        old.stop()
        assert machines.find(machine.name).record == new.record
        assert not new.learner.run("true").status
        # The keeper has seen the old one idle, and waits for the lock meanwhile.
        monkeypatch.setenv("RAMLAB_IDLE_MINUTES", "1")
        assert not keeper.end_if_idle(old)
        assert new.alive()
    finally:
        new.stop()


def test_no_signal_is_ignored_in_a_machine(machine):
    """What PID 1 ignores, everything would; 4 is SIGQUIT, which a shell's background jobs ignore."""
    for door in (machine.learner, machine.examiner):
        ignored = door.run("grep SigIgn /proc/self/status").stdout.split()[1]
        assert int(ignored, 16) & ~4 == 0
    machine.learner.run("kill -HUP 1; kill -TERM 1; kill -INT 1; kill -USR1 1")
    assert machine.learner.run("ps -o comm= -p 1").stdout.strip() == "busybox"
