"""The `docker` machine: a privileged container for the learner and a second one, of the same image, for the examiner.

The examiner's has a door to the learner's processes and to nothing else of what the learner owns: its root is its own.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from containers import paths
from containers.errors import HostCannot, MachineError
from containers.exec_door import ExecDoor
from containers.machine import RECORD, USED, Result, reset_hint

if TYPE_CHECKING:
    from pathlib import Path

    from containers.engines import Engine
    from containers.setup_line import SetupLine

LABEL = "ramlab.machine"
"""Containers and volumes of a machine bear its name under this label: so orphans are found."""
OWNER = "ramlab.state"
"""And under this one the state folder that they belong to: an engine may serve several users."""
EXAMINER = "ramlab.examiner"
"""The examiner's container has this label, with the learner's id."""
DISK = "/swap"
"""Where the learner's container has a volume on a file system of the engine's host: swapon refuses overlayfs."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is on disk about a machine, so that every later command finds it again."""

    name: str
    engine: str
    """Its address: DOCKER_HOST may be another one later."""
    engine_id: str
    host: str
    """See `engines.Engine`."""
    learner: str
    """A container's id."""
    examiner: str
    volume: str
    kind: str = "docker"


class DockerMachine:
    """See `containers.machine.Machine`."""

    kind = "docker"

    def __init__(self, folder: Path, record: Record, line: SetupLine | None = None) -> None:
        self.folder = folder
        self.record = record
        self.name = record.name
        self._line = line
        self.learner = self._door("learner", record.learner)
        self.examiner = self._door("examiner", record.examiner)

    @cached_property
    def engine(self) -> Engine:
        """The engine that has it."""
        from containers import engines

        return engines.connect(self.record.engine)

    def alive(self) -> bool:
        """Whether the learner's container runs. Raises HostCannot where the engine does not answer."""
        return not self._host_is_gone() and self._state(self.record.learner) == "running"

    def set_stage(self, script: str, *, stdin: bytes, timeout: float) -> Result:
        """By the examiner's first process, where it still waits; else by an exec."""
        line, self._line = self._line, None
        if line is None:
            return self.examiner.run(script, stdin=stdin, timeout=timeout)
        try:
            return line.run(script, stdin=stdin, timeout=timeout)
        except (TimeoutError, MachineError) as error:
            cause = self.diagnose()
            raise MachineError(f"{error}\n{cause.message}", hint=cause.hint) from error
        finally:
            line.close()

    def console(self) -> str:
        """What the two containers have said; the kernel's console is the host's."""
        said = []
        for who, container in (("learner", self.record.learner), ("examiner", self.record.examiner)):
            text = self.engine.api.logs(container, tail=200).decode(errors="replace")
            said.append(f"--- {who}'s container\n{text}")
        return "\n".join(said)

    def lost(self) -> MachineError | None:
        """An exec ends with its container."""
        return None if self.alive() else self.diagnose()

    def stop(self) -> None:
        """End it, undo what it did to the host's kernel if it was the last, and remove what is left."""
        from containers import undoing

        now = load(self.folder)
        if now and now.record != self.record and now.alive():
            return  # this one was stopped before, and another has its name
        if not self._host_is_gone():
            undoing.remove(self.engine, self.name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def diagnose(self) -> MachineError:
        """Why a door does not answer."""
        reset = reset_hint(self.name, "a fresh machine")
        if self._host_is_gone():
            name = self.record.host.partition(" ")[0]
            return MachineError(f"machine {self.name} is gone: its Docker host, {name}, has ended", hint=reset)
        try:
            state = self._state(self.record.learner)
        except HostCannot as error:
            return MachineError(error.message, hint=error.hint)
        if state == "running":
            what = "runs but does not answer: it thrashes, or what served this door was ended"
            return MachineError(f"machine {self.name} {what}", hint=f"wait a minute and try again, or {reset}")
        words = {"": "its container was removed", "exited": "its container has ended"}
        return MachineError(f"machine {self.name} is gone: {words.get(state, f'its container is {state}')}", hint=reset)

    def _host_is_gone(self) -> bool:
        from containers import engines

        return engines.gone(self.record.host)

    def _state(self, container: str) -> str:
        """`running`, `exited` ...; empty where there is no such container."""
        import docker.errors

        from containers.engines import explained

        try:
            with explained(self.record.engine):
                try:
                    found: Any = self.engine.api.inspect_container(container)
                except docker.errors.NotFound:
                    return ""
                return str(found["State"]["Status"])
        except (HostCannot, MachineError) as error:
            gone = f"if that engine is gone for good, with its host: rm -r {self.folder} {paths.state() / 'ledgers'}"
            raise HostCannot(error.message, hint=f"{error.hint}\n{gone}") from error

    def _door(self, name: str, container: str) -> ExecDoor:
        return ExecDoor(
            name=name, folder=self.folder, container=container, engine=lambda: self.engine, used=self.folder / USED,
            diagnose=self.diagnose,
        )  # fmt: skip


def load(folder: Path) -> DockerMachine | None:
    """The machine whose record is in `folder`; None where there is no whole record of this kind."""
    try:
        return DockerMachine(folder, Record(**json.loads((folder / RECORD).read_text())))
    except (OSError, ValueError, TypeError):
        return None


def save(folder: Path, record: Record) -> None:
    """Write the record, whole or not at all."""
    draft = folder / f"{RECORD}.draft"
    draft.write_text(json.dumps(asdict(record)))
    draft.rename(folder / RECORD)
