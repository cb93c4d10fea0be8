"""All machines of this user: start one, find one again, sweep what is left of dead ones."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from containers import locks, paths, sockets, vm
from containers.errors import HostCannot, UsageError
from containers.machine import Machine, Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from containers.shape import Shape

KINDS = ("vm", "docker")
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}@[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def start(name: str, shape: Shape, *, kind: str = "auto", progress: Progress = silent) -> Machine:
    """A fresh machine called `name` (`<lab>@<student>`), with both doors open.

    Raises UsageError when it runs already, HostCannot where this host lacks something for it.
    """
    require(kind)
    with locked(name):
        if find(name):
            raise UsageError(f"machine {name} runs already", hint="ramlab reset gives a fresh one, ramlab stop ends it")
        return start_locked(name, shape, progress=progress)


def start_locked(name: str, shape: Shape, *, progress: Progress = silent) -> Machine:
    """`start` for a caller that holds `locked(name)` and knows that no such machine runs."""
    from containers import forks  # here and not above: the other commands find a machine in half the time

    machine = forks.start(name, _folder(name), shape, progress)
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


def give_up_damaged(shape: Shape) -> bool:
    """After a machine of this shape has failed: whether the cache has bit rot, which is mended with the next start."""
    from containers import forks, templates

    return forks.give_up_damaged(templates.ensure(shape, silent))


def find(name: str) -> Machine | None:
    """The machine called `name` if it is alive."""
    machine = vm.load(_folder(name))
    return machine if machine and machine.alive() else None


def remains(name: str) -> Machine | None:
    """The machine called `name`, dead or alive; None where nothing of it is left."""
    return vm.load(_folder(name))


def every() -> list[Machine]:
    """All machines that are alive."""
    return [machine for folder in _folders() if (machine := vm.load(folder)) and machine.alive()]


def sweep() -> list[str]:
    """Remove what is left of machines that are gone (killed, host rebooted); their names."""
    swept = []
    for folder in _folders():
        machine = vm.load(folder)
        if machine and machine.alive():
            continue  # without its lock, which whoever stages it may hold for long
        with locks.exclusive(paths.state() / "locks" / f"{folder.name}.lock"):
            machine = vm.load(folder)
            if folder.exists() and not (machine and machine.alive()):
                shutil.rmtree(sockets.folder_of(folder), ignore_errors=True)
                shutil.rmtree(folder, ignore_errors=True)
                swept.append(folder.name)
    return swept


def command(name: str, shape: Shape, *, progress: Progress = silent) -> list[str]:
    """The QEMU command line that `start` would run now."""
    from containers import forks, qemu, templates

    template = templates.ensure(shape, progress)
    return forks.command(_folder(name), shape, template, qemu.Ports(learner=2222, examiner=2022))


def require(kind: str) -> None:
    """Raise HostCannot or UsageError unless machines of this kind can be had."""
    if kind == "docker":
        raise HostCannot(
            "machines of the kind docker are not there yet", hint="leave --machine out, or say --machine vm"
        )
    if kind not in {"auto", "vm"}:
        raise UsageError(f"no machine kind {kind!r}", hint=f"options are: auto, {', '.join(KINDS)}")


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
