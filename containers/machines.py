"""All machines of this user: start one, find one again, sweep what is left of dead ones."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from containers import locks, paths, sockets, vm
from containers.errors import HostCannot, RamlabError, UsageError
from containers.machine import RECORD, Machine, Progress, silent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from contextlib import AbstractContextManager

    from containers.shape import Shape

KINDS = ("vm", "docker")
HASTY = "RAMLAB_HASTY"
"""Environment variable: if set, every machine is a hasty one, as `forks.start` says."""
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}(\.[a-z0-9]{1,12})?@[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def start(name: str, shape: Shape, *, kind: str = "vm", writes: bool = False, progress: Progress = silent) -> Machine:
    """A fresh machine called `name` (`<lab>@<student>`, `<lab>.<one of its machines>@<student>`), with both doors open.

    `writes`: whether its lab writes global kernel state. Raises UsageError when it runs already, or, in a container,
    when another one writes that as well; HostCannot where this host lacks something for it.
    """
    with locked(name):
        if find(name):
            raise UsageError(f"machine {name} runs already", hint="ramlab reset gives a fresh one, ramlab stop ends it")
        return start_locked(name, shape, kind=kind, writes=writes, progress=progress)


def start_locked(
    name: str, shape: Shape, *, kind: str = "vm", writes: bool = False, hasty: bool = False, progress: Progress = silent
) -> Machine:
    """`start` for a caller that holds `locked(name)` and knows that no such machine runs.

    `hasty`: one that nobody keeps, see `containers.forks.start`.
    """
    # Imported here and not above: the other commands find a machine in half the time.
    machine: Machine
    if kind == "docker":
        from containers import docker_start

        machine = docker_start.start(name, _folder(name), shape, writes=writes, progress=progress)
    else:
        from containers import forks

        machine = forks.start(name, _folder(name), shape, progress, hasty=hasty or bool(os.environ.get(HASTY)))
    _have_keeper()
    return machine


def locked(name: str) -> AbstractContextManager[None]:
    """Keep every other ramlab command from starting or ending machine `name` meanwhile."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a machine",
            hint="a student's name: 40 letters, digits, '.', '_' or '-' at most, a letter or digit first",
        )
    return locks.exclusive(paths.state() / "locks" / f"{name}.lock")


def busy(name: str) -> bool:
    """Whether a ramlab command starts, stages or ends this machine now."""
    return locks.held(paths.state() / "locks" / f"{name}.lock")


def give_up_damaged(shape: Shape) -> bool:
    """After a machine of this shape has failed: whether the cache has bit rot, which is mended with the next start."""
    from containers import forks, templates

    return forks.give_up_damaged(templates.ensure(shape, silent))


def find(name: str) -> Machine | None:
    """The machine called `name` if it is alive. Raises HostCannot where its engine does not answer."""
    machine = remains(name)
    return machine if machine and machine.alive() else None


def remains(name: str) -> Machine | None:
    """The machine called `name`, dead or alive; None where nothing of it is left."""
    return _load(_folder(name))


def every() -> list[Machine]:
    """All machines that are alive, and those of which nobody knows: their engine does not answer."""
    return [machine for folder in _folders() if (machine := _load(folder)) and _may_live(machine)]


def vms() -> list[vm.VmMachine]:
    """The machines of the kind vm that are alive. Asks no engine."""
    return [machine for folder in _folders() if (machine := vm.load(folder)) and machine.alive()]


def sweep() -> list[str]:
    """Remove what is left of machines that are gone (killed, host rebooted), undo what they did; their names."""
    swept = _settled()
    for folder in _folders():
        machine = _load(folder)
        if machine and _may_live(machine):
            continue  # without its lock, which whoever stages it may hold for long
        with locks.exclusive(paths.state() / "locks" / f"{folder.name}.lock"):
            machine = _load(folder)
            if folder.exists() and not (machine and _may_live(machine)):
                shutil.rmtree(sockets.folder_of(folder), ignore_errors=True)
                shutil.rmtree(folder, ignore_errors=True)
                if folder.name not in swept:
                    swept.append(folder.name)
    return swept


def _settled() -> list[str]:
    """Where containers were: machines that have ended are removed, and the host's kernel is put right."""
    if not any((paths.state() / "ledgers").glob("*.json")):
        return []
    from containers import undoing

    return undoing.sweep()


def _load(folder: Path) -> Machine | None:
    machine = vm.load(folder)
    if machine:
        return machine
    if not (folder / RECORD).exists():
        return None
    from containers import docker_machine

    return docker_machine.load(folder)


def _may_live(machine: Machine) -> bool:
    try:
        return machine.alive()
    except RamlabError:
        return True


def command(name: str, shape: Shape, *, progress: Progress = silent) -> list[str]:
    """The QEMU command line that `start` would run now."""
    from containers import forks, qemu, templates

    template = templates.ensure(shape, progress)
    return forks.command(_folder(name), shape, template, qemu.Ports(learner=2222, examiner=2022))


def choose(kind: str, needs: Collection[str], *, progress: Progress = silent) -> str:
    """The kind of machine for a lab with these needs; `auto` is a vm wherever one can be had.

    Raises HostCannot where something is lacking, UsageError for a kind that there is not.
    """
    from containers import needs as words
    from containers import programs

    if kind not in {"auto", *KINDS}:
        raise UsageError(f"no machine kind {kind!r}", hint=f"options are: auto, {', '.join(KINDS)}")
    if kind == "auto":
        alone = "own_kernel" in needs or words.writes(needs)
        kind = "vm" if alone or programs.find("qemu-system-x86_64") else "docker"
    if kind == "vm" and not set(needs) - words.VM_HAS:
        return kind  # without the SDK, whose import costs as much as a fork
    from containers import provision

    for need, why in provision.lacking(kind, needs, progress).items():
        others = [other for other in KINDS if other != kind]
        raise HostCannot(
            f"this lab needs {words.NEEDS[need]}, and a {kind} machine here has not: {why}",
            hint=f"say --machine {others[0]}; ramlab doctor shows what can run where",
        )
    return kind


def _folder(name: str) -> Path:
    return paths.state() / "machines" / name


def _folders() -> Iterator[Path]:
    place = paths.state() / "machines"
    return (folder for folder in sorted(place.iterdir()) if folder.is_dir()) if place.exists() else iter(())


def _have_keeper() -> None:
    """One process per user ends idle machines. It sees for itself that another one runs, or nothing is left to do."""
    if not locks.held(paths.state() / "keeper.lock"):
        subprocess.Popen(
            [sys.executable, "-S", "-m", "containers.keeper"], cwd=Path(__file__).parent.parent,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
