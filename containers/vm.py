"""The `vm` machine: a QEMU process, forked from a template, that outlives the command which started it."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from containers import cache, qemu, sockets, templates
from containers.console import Console
from containers.doors import SshDoor
from containers.errors import HostCannot, MachineError
from containers.machine import Progress
from containers.shape import Shape

READY_SECONDS = 120
"""How long a fork may take to answer; 0.3 s on a quiet host, and hosts are not always quiet."""
NEEDS_MIB = 300
"""Free disk space below which no machine is started: its disk grows with what the learner writes."""
RECORD = "machine.json"


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is on disk about a running machine, so that every later command finds it again."""

    name: str
    pid: int
    started: int
    """The process's start time, field 22 of /proc/PID/stat: a pid alone may have been given to somebody else."""
    boot: str
    """The host's boot id: after a reboot no machine is left."""
    learner_port: int
    examiner_port: int
    template: str
    accel: str
    memory: str


class VmMachine:
    """See `containers.machine.Machine`."""

    kind = "vm"

    def __init__(self, folder: Path, record: Record) -> None:
        self.folder = folder
        self.record = record
        self.name = record.name
        self.learner = self._door("learner", record.learner_port)
        self.examiner = self._door("examiner", record.examiner_port)

    def alive(self) -> bool:
        """Whether QEMU runs: this process, since this boot."""
        return _boot_id() == self.record.boot and _start_time(self.record.pid) == self.record.started

    def console(self) -> str:
        """What the kernel and PID 1 have said since the fork."""
        try:
            return (self.folder / "console.log").read_text(errors="replace")
        except OSError:
            return ""

    def stop(self) -> None:
        """Needs only a signal: works on a guest that hangs, and on one that is gone."""
        for door in (self.learner, self.examiner):
            with contextlib.suppress(subprocess.TimeoutExpired):
                door.close()
        if self.alive():
            _end(self.record.pid, lambda: not self.alive())
        shutil.rmtree(sockets.folder_of(self.folder), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def diagnose(self) -> MachineError:
        """Why a door does not answer."""
        reset = f"type: ramlab reset {self.name.partition('@')[0]}     (a fresh machine; takes a second)"
        deadline = time.monotonic() + 3
        while self.alive() and time.monotonic() < deadline:  # a machine that is just going down
            time.sleep(0.05)
        if not self.alive():
            return MachineError(f"machine {self.name} is gone: {self._last_words()}", hint=reset)
        from containers import qmp

        try:
            state = qmp.status(sockets.folder_of(self.folder) / "qmp")
        except MachineError as error:
            return MachineError(f"machine {self.name}: {error.message}", hint=reset)
        if state == "io-error":
            return MachineError(
                f"machine {self.name} is paused: the host's disk is full ({self.folder})",
                hint=f"free some space, then {reset}",
            )
        if state != "running":
            return MachineError(f"machine {self.name} is not running but {state}", hint=reset)
        return MachineError(
            f"machine {self.name} runs but does not answer: it thrashes, or what served this door was ended",
            hint=f"wait a minute and try again, or {reset}",
        )

    def _last_words(self) -> str:
        lines = [line for line in self.console().splitlines() if line.strip()]
        for line in lines:
            if "Kernel panic" in line:
                return line.strip()
        log = self.folder / "qemu.log"
        said = log.read_text(errors="replace").strip() if log.exists() else ""
        return said[-300:] or "it was powered off, or QEMU was ended from outside"

    def _door(self, name: str, port: int) -> SshDoor:
        return SshDoor(
            name=name, port=port, keys=cache.folder("templates", self.record.template),
            socket=sockets.folder_of(self.folder) / f"ssh-{name[0]}", used=self.folder / "used", diagnose=self.diagnose,
        )  # fmt: skip


def command(folder: Path, shape: Shape, template: templates.Template, ports: qemu.Ports) -> list[str]:
    """The QEMU command line of a fork."""
    return qemu.fork_argv(shape, template.accel, _files(folder, template), ports)


def start(name: str, folder: Path, shape: Shape, progress: Progress) -> VmMachine:
    """Fork a machine into the empty or missing `folder`; both doors answer when this returns."""
    template = templates.ensure(shape, progress)
    cache.require_space(folder.parent, NEEDS_MIB, "machine")
    try:
        return _start(name, folder, shape, template, progress)
    except MachineError:
        # Bit rot in the cache shows as a fork that does not come up. Then, and only then, everything is read.
        if cache.verify(template.folder) and cache.verify(template.image.folder):
            raise
        progress("the template is damaged: making it again")
        (template.folder / cache.MANIFEST).unlink(missing_ok=True)
        if not cache.verify(template.image.folder):
            (template.image.folder / cache.MANIFEST).unlink(missing_ok=True)
        return _start(name, folder, shape, templates.ensure(shape, progress), progress)


def _start(name: str, folder: Path, shape: Shape, template: templates.Template, progress: Progress) -> VmMachine:
    progress("forking the machine")
    tries = 5
    for left in reversed(range(tries)):
        with ExitStack() as undo:
            process, ports = _forked(folder, shape, template, undo)
            try:
                machine = _settled(name, folder, shape, template, process, ports)
            except MachineError as error:
                said = (folder / "qemu.log").read_text(errors="replace").strip()
                if "Could not set up host forwarding rule" in said:
                    if left:
                        continue  # somebody took a port in the meantime
                    raise HostCannot(
                        f"no free TCP port on 127.0.0.1 in {tries} tries: {said[-200:]}",
                        hint="close some programs that listen",
                    ) from error
                raise MachineError(
                    f"{error.message}{f'; QEMU says: {said[-400:]}' if said else ''}", hint="ramlab doctor"
                ) from error
            undo.pop_all()
            return machine
    raise AssertionError("unreachable")


def _settled(
    name: str,
    folder: Path,
    shape: Shape,
    template: templates.Template,
    process: "subprocess.Popen[bytes]",
    ports: qemu.Ports,
) -> VmMachine:
    """Give the fork its name and time, and record it once it answers."""
    started = _start_time(process.pid)
    # Imported while QEMU is starting up on the other CPU: it takes about as long (0.1 s).
    from containers import qmp

    qmp.thaw(sockets.folder_of(folder) / "qmp", template.state, process.poll)
    record = Record(
        name=name, pid=process.pid, started=started or 0, boot=_boot_id(),
        learner_port=ports.learner, examiner_port=ports.examiner,
        template=template.folder.name, accel=template.accel, memory=shape.memory,
    )  # fmt: skip
    machine = VmMachine(folder, record)
    # The doors listened before the template was frozen. Both connections are made while PID 1 reads its line.
    machine.examiner.begin_opening()
    machine.learner.begin_opening()
    with Console(sockets.folder_of(folder) / "console", process.poll) as console:
        nonce = secrets.token_hex(8)
        hostname = name.partition("@")[0].replace("_", "-")
        # The first character after a fork may be lost in the UART: an empty line goes first.
        console.send(f"\n{nonce} {time.time():.0f} {hostname}")
        console.wait_for(f"RAMLAB READY {nonce}", READY_SECONDS)
    (folder / "used").touch()
    draft = folder / f"{RECORD}.draft"
    draft.write_text(json.dumps(asdict(record)))
    draft.rename(folder / RECORD)
    return machine


def _forked(
    folder: Path, shape: Shape, template: templates.Template, undo: ExitStack
) -> tuple["subprocess.Popen[bytes]", qemu.Ports]:
    """A QEMU process with its folder; `undo` learns how to take all of it back."""
    ports = sockets.free_ports()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    undo.callback(shutil.rmtree, sockets.make(folder), ignore_errors=True)
    shutil.copyfile(template.empty_overlay, folder / "disk.qcow2")
    with (folder / "qemu.log").open("wb") as log:
        process = subprocess.Popen(
            command(folder, shape, template, ports),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
        )  # fmt: skip
    undo.callback(process.wait)
    undo.callback(process.kill)
    return process, ports


def load(folder: Path) -> VmMachine | None:
    """The machine whose record is in `folder`; None where there is no whole record."""
    try:
        return VmMachine(folder, Record(**json.loads((folder / RECORD).read_text())))
    except (OSError, ValueError, TypeError):
        return None


def _files(folder: Path, template: templates.Template) -> qemu.Files:
    runtime = sockets.folder_of(folder)
    return qemu.Files(
        kernel=template.image.kernel, initrd=template.image.initrd, base=template.image.disk,
        disk=folder / "disk.qcow2", ram=template.ram,
        console=runtime / "console", console_log=folder / "console.log", qmp=runtime / "qmp",
    )  # fmt: skip


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _start_time(pid: int) -> int | None:
    """Field 22 of /proc/PID/stat (clock ticks since boot); None for no process and for a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _end(pid: int, gone: Callable[[], bool]) -> None:
    for number, seconds in ((signal.SIGTERM, 2), (signal.SIGKILL, 30)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)  # where we are its parent
            if gone():
                return
            time.sleep(0.005)
