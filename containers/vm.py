"""The `vm` machine: a QEMU process, forked from a template, that outlives the command which started it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from containers import paths, sockets
from containers.doors import SshDoor
from containers.errors import MachineError
from containers.machine import RECORD, Result, reset_hint

if TYPE_CHECKING:
    from containers.hand import Hand


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
    kind: str = "vm"


class VmMachine:
    """See `containers.machine.Machine`."""

    kind = "vm"

    def __init__(self, folder: Path, record: Record, hand: "Hand | None" = None) -> None:
        self.folder = folder
        self.record = record
        self.name = record.name
        self._hand = hand
        self.learner = self._door("learner", record.learner_port)
        self.examiner = self._door("examiner", record.examiner_port)

    def alive(self) -> bool:
        """Whether QEMU runs: this process, since this boot."""
        return boot_id() == self.record.boot and start_time(self.record.pid) == self.record.started

    @property
    def template(self) -> Path:
        """The folder of what it was forked from."""
        return paths.cache() / "templates" / self.record.template

    @property
    def life(self) -> str:
        """This machine and no other, of the same name or not, before it or after."""
        return f"{self.name} {self.record.boot} {self.record.pid} {self.record.started}"

    def set_stage(self, script: str, *, stdin: bytes, timeout: float) -> Result:
        """By the hand, where it has not been used; else through the examiner's door."""
        hand, self._hand = self._hand, None
        if hand is None:
            return self.examiner.run(script, stdin=stdin, timeout=timeout)
        try:
            return hand.run(script, stdin=stdin, timeout=timeout)
        except MachineError as error:
            cause = self.diagnose()
            raise MachineError(f"{error.message}\n{cause.message}", hint=cause.hint) from error
        finally:
            hand.close()

    def console(self) -> str:
        """What the kernel and PID 1 have said since the fork."""
        try:
            return (self.folder / "console.log").read_text(errors="replace")
        except OSError:
            return ""

    def lost(self) -> MachineError | None:
        """Ssh removes its control socket when the connection ends."""
        return None if self.learner.socket.exists() else self.diagnose()

    def stop(self) -> None:
        """Needs only a signal: works on a guest that hangs, and on one that is gone."""
        now = load(self.folder)
        if now and now.record != self.record and now.alive():
            return  # this one was stopped before, and another has its name
        for door in (self.learner, self.examiner):
            with contextlib.suppress(subprocess.TimeoutExpired):
                door.close()
        if self.alive():
            _end(self.record.pid, lambda: not self.alive())
        shutil.rmtree(sockets.folder_of(self.folder), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def diagnose(self) -> MachineError:
        """Why a door does not answer."""
        reset = reset_hint(self.name, "a fresh machine; takes a second")
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
            name=name, port=port, keys=self.template,
            socket=sockets.folder_of(self.folder) / f"ssh-{name[0]}", used=self.folder / "used",
            diagnose=self.diagnose, alive=self.alive,
        )  # fmt: skip


def load(folder: Path) -> VmMachine | None:
    """The machine whose record is in `folder`; None where there is no whole record of this kind."""
    try:
        return VmMachine(folder, Record(**json.loads((folder / RECORD).read_text())))
    except (OSError, ValueError, TypeError):
        return None


def boot_id() -> str:
    """Another one after each boot of this computer."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def start_time(pid: int) -> int | None:
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
