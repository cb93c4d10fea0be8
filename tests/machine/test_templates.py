"""The cache: built once, by one, whole or not at all; damage is noticed."""

import concurrent.futures
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from containers import cache, kvm, machines, sockets, templates
from containers.errors import HostCannot, MachineError, UsageError
from containers.image import build
from containers.qemu import Ports

from .conftest import SMALL, unique_name


def test_two_builders_build_once_and_damage_is_mended(private_cache, private_state):
    """One test, since a template takes as long as all other tests here."""
    said: list[list[str]] = [[], []]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda i: templates.ensure(SMALL, said[i].append), (0, 1))
    assert one == other
    boots = [stage for stages in said for stage in stages if stage.startswith("booting")]
    assert len(boots) == 1
    assert any("waiting for another" in stage for stages in said for stage in stages)

    # Truncated: seen by its size at the next use.
    os.truncate(one.state, 1000)
    stages: list[str] = []
    again = templates.ensure(SMALL, stages.append)
    assert any("damaged" in stage for stage in stages)
    assert again.state.stat().st_size > 1000

    # Changed behind the stat's back: the fork does not come up, then the digest is looked at.
    stat = again.state.stat()
    with again.state.open("r+b") as file:
        file.write(b"\0" * 4096)
    os.utime(again.state, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert cache.intact(again.folder)
    stages.clear()
    machine = machines.start(unique_name("rot"), SMALL, progress=stages.append)
    try:
        assert any("damaged" in stage for stage in stages)
        assert machine.learner.run("echo up").stdout == "up\n"
    finally:
        machine.stop()

    # Copied (as into a container): other mtimes, the right content; nothing is built.
    copy = again.folder.with_name("copy")
    shutil.copytree(again.folder, copy)
    for file in copy.iterdir():
        os.utime(file, (1, 1))
    assert not cache.intact(copy)
    assert cache.verify(copy)
    assert cache.intact(copy)


def test_a_port_that_somebody_took_is_tried_again(private_cache, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        real = sockets.free_ports
        offers = iter([Ports(learner=real().learner, examiner=taken.getsockname()[1])])
        monkeypatch.setattr(sockets, "free_ports", lambda: next(offers, None) or real())
        assert templates.ensure(SMALL, print).state.exists()
    assert next(offers, None) is None


def test_no_port_at_all_is_the_hosts_affair(private_cache, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        offer = Ports(learner=sockets.free_ports().learner, examiner=taken.getsockname()[1])
        monkeypatch.setattr(sockets, "free_ports", lambda: offer)
        with pytest.raises(HostCannot, match=r"no free TCP port on 127\.0\.0\.1 in 5 tries"):
            templates.ensure(SMALL, print)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_ended_build_leaves_nothing_that_is_used(private_cache, number):
    code = """
from containers import templates
from containers.shape import Shape
templates.ensure(Shape(memory="128M", cpus=1), lambda stage: print(stage, flush=True))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("booting"):
                break
        # Not at once: with SIGKILL the moment before QEMU has begun proves nothing.
        while number == signal.SIGKILL and not running_on(private_cache):
            time.sleep(0.01)
        process.send_signal(number)
        process.wait(60)
    left = [path for path in (private_cache / "templates").iterdir() if path.suffix != ".lock"]
    assert [path.name.partition(".")[2].partition("-")[0] for path in left] == ["tmp"] * (number == signal.SIGKILL)
    deadline = time.monotonic() + 60
    while running_on(private_cache) and time.monotonic() < deadline:  # the kernel kills it after our process has gone
        time.sleep(0.1)
    assert running_on(private_cache) == ""


def running_on(place):
    """The QEMU processes that have a file of `place` on their command line."""
    return subprocess.run(
        ["pgrep", "-af", f"^qemu-system.*{place}"], capture_output=True, text=True, check=False
    ).stdout


def test_too_small_a_disk_is_said_before_anything_is_done(tmp_path):
    begun = []
    with pytest.raises(HostCannot, match=r"MiB free; making this template takes 1000000000 MiB"):
        cache.entry("templates", "huge", begun.append, needs_mib=10**9, progress=print)
    assert begun == []


def test_a_failing_build_is_not_kept(private_cache):
    def fails(draft):
        (draft / "half").write_text("half")
        raise MachineError("in the middle")

    with pytest.raises(MachineError):
        cache.entry("things", "one", fails, needs_mib=1, progress=print)
    assert [path.name for path in (private_cache / "things").iterdir()] == ["one.lock"]


def test_missing_programs_come_with_the_command(monkeypatch):
    from containers import programs

    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(programs.shutil, "which", lambda *_, **__: None)
    with pytest.raises(HostCannot) as caught:
        programs.need("qemu-system-x86_64", "mmdebstrap")
    assert caught.value.message == "not installed: qemu-system-x86_64, mmdebstrap"
    assert "sudo apt-get install --no-install-recommends mmdebstrap qemu-system-x86" in caught.value.hint
    assert caught.value.exit_status == 3


def test_the_kvm_probe_believes_only_a_guest_that_speaks(monkeypatch, private_cache):
    image = build.ensure(print)
    # Emulated, the kernel takes seconds to the word that takes KVM a tenth of one; on a busy host more.
    monkeypatch.setattr(kvm, "DEADLINE_SECONDS", 300)
    assert kvm.probe("tcg", image) == kvm.Verdict("tcg", "a guest under tcg ran")

    broken = kvm.probe("kvm", build.Image(private_cache))  # no kernel there: QEMU ends at once
    assert broken.accel == "tcg"
    assert "did not start" in broken.reason

    monkeypatch.setattr(kvm, "DEADLINE_SECONDS", 0.05)  # what a hanging guest looks like
    silent = kvm.probe("tcg", image)
    assert silent.accel == "tcg"
    assert "said nothing within" in silent.reason


def test_the_accelerator_can_be_named(monkeypatch):
    monkeypatch.setenv("RAMLAB_ACCEL", "tcg")
    assert kvm.verdict(build.Image(kvm.DEVICE), print) == kvm.Verdict("tcg", "RAMLAB_ACCEL says so")
    monkeypatch.setenv("RAMLAB_ACCEL", "warp")
    with pytest.raises(UsageError, match="warp"):
        kvm.verdict(build.Image(kvm.DEVICE), print)
