"""A learner's machine of a lab: brought up and staged, found again, asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from containers import machines, needs, paths
from containers.errors import MachineError, UsageError
from ramlab import records
from ramlab.places import DOCKERHOST, at, check_student, typed

if TYPE_CHECKING:
    from pathlib import Path

    from containers.machine import Machine, Progress
    from ramlab.catalogue import Lab

NOTE = "lab.json"
"""In the machine's folder: `{"lab", "at", "student", "started": seconds since 1970, "staged": true}`."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A staged machine, and whether it was started just now."""

    machine: Machine
    fresh: bool


def note(machine: Machine) -> dict[str, object]:
    """What was noted when the machine was brought up."""
    return records.read(machine.folder / NOTE)


def require(name: str) -> Machine:
    """The staged machine of this name. Raises UsageError with the command that starts it.

    One whose staging was cut short does not count.
    """
    machine = machines.find(name)
    lab, _, student = name.partition("@")
    if machine and (note(machine).get("staged") or lab == DOCKERHOST):
        return machine
    others = [one.name for one in machines.every() if one.name.startswith(f"{lab}@")]
    also = f"   (running: {', '.join(others)}; see --student)" if others else ""
    whose = "" if student == check_student("") else f" --student {student}"
    how = f'eval "$(ramlab {lab}{whose})"' if lab == DOCKERHOST else f"ramlab start {typed(name)}{whose}"
    raise UsageError(f"{name} is not running", hint=f"type: {how}{also}")


def of_lab(lab: str, student: str) -> list[Machine]:
    """Every machine of this lab that this student has running, the first one of the lab and others."""
    return [one for one in machines.every() if one.name in (f"{lab}@{student}", f"{lab}.{at(one.name)}@{student}")]


def ensure(lab: Lab, *, kind: str, progress: Progress, name: str = "", hasty: bool = False) -> Session:
    """The machine of the lab's student, started and staged if there is none. Two callers get the same one.

    `hasty`: as `containers.forks.start` says, for one that nobody keeps.
    """
    name = name or lab.machine_name
    with machines.locked(name):
        machine = machines.find(name)
        if machine and note(machine).get("staged"):
            _same_kind(machine, kind, lab)
            return Session(machine=machine, fresh=False)
        if machine:  # its ramlab was killed between start and staging
            machine.stop()
        return Session(machine=_bring_up(lab, name, kind, progress, hasty=hasty), fresh=True)


def fresh(lab: Lab, *, kind: str, progress: Progress) -> Machine:
    """A machine that nobody has used: the one that is there, if any, is stopped first."""
    name = lab.machine_name
    with machines.locked(name):
        old = machines.find(name)
        if old:
            progress("stopping the old machine")
            old.stop()
            kind = old.kind if kind == "auto" else kind
        return _bring_up(lab, name, kind, progress)


def _bring_up(lab: Lab, name: str, kind: str, progress: Progress, *, hasty: bool = False) -> Machine:
    from ramlab.staging import stage  # tar and io are for those who stage

    kind = machines.choose(kind, lab.needs, progress=progress)
    machine = machines.start_locked(
        name, lab.shape, kind=kind, writes=needs.writes(lab.needs), hasty=hasty, progress=progress
    )
    try:
        progress("setting the stage")
        stage(machine, lab)
        content = {"lab": lab.name, "at": lab.at, "student": lab.student, "started": time.time(), "staged": True}
        records.write(machine.folder / NOTE, content)
    except BaseException as error:  # Ctrl-C as well: nothing half-made stays
        keep = _keep_console(machine) if isinstance(error, MachineError) else None
        machine.stop()
        if isinstance(error, MachineError):
            hint = error.hint
            if kind == "vm" and machines.give_up_damaged(lab.shape):
                hint = "the cache was damaged; type the same again: what is wrong is built anew"
            raise MachineError(error.message, hint=f"{hint}\nconsole: {keep}" if keep else hint) from error
        raise
    return machine


def _same_kind(machine: Machine, kind: str, lab: Lab) -> None:
    if kind not in ("auto", machine.kind):
        raise UsageError(
            f"{machine.name} runs already, and is a {machine.kind} machine",
            hint=f"type: ramlab reset {lab.typed} --machine {kind}",
        )


def sweep() -> list[str]:
    """End containers whose ramlab was killed before their stage was set; their names. A vm harms nobody meanwhile."""
    ended = []
    for machine in machines.every():
        if machine.kind != "docker" or note(machine).get("staged") or machines.busy(machine.name):
            continue
        with machines.locked(machine.name):
            now = machines.find(machine.name)
            if now and not note(now).get("staged"):
                now.stop()
                ended.append(now.name)
    return [*ended, *machines.sweep()]


def _keep_console(machine: Machine) -> Path | None:
    """The console of a machine that is about to be stopped, in a file that stays."""
    path = paths.state() / "logs" / f"{machine.name}.console.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(machine.console())
    except OSError:
        return None
    return path
