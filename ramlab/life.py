"""The commands about machines: start, shell, exec, workload, reset, stop, status."""

import os
import shlex
import sys
import time
from typing import NoReturn

from containers import locks, machines
from containers.errors import UsageError
from containers.machine import IN_USE, Machine
from ramlab import places, sessions
from ramlab.progress import Steps

# The first words: this Python, the machine's name. 255 is what ssh ends with when it loses the connection. -P: a folder
# here that is called like one of our packages is not taken for it.
_SURROUND = """
name=$1
shift
"$@"
status=$?
[ $status != 255 ] || "$0" -P -m ramlab.farewell "$name"
exit $status
"""

_STUDENT_FIRST = "as in: ramlab workload --student ID LAB ARG..."


def start(*, lab: str, student: str, machine: str, no_shell: bool, print_command: bool) -> int:
    """Bring the machine up, show the tasks, and become its shell."""
    from ramlab import catalogue  # here and not above: `ramlab exec` never reads a lab.toml

    this = catalogue.load(lab, student)
    name = this.machine_name
    if print_command:
        with Steps("command") as progress:
            command = machines.command(name, this.shape, progress=progress)
        print(shlex.join(command))
        return 0
    with Steps(f"start {this.typed}") as progress:
        session = sessions.ensure(this, kind=machine, progress=progress)
        elapsed = progress.elapsed
    if session.fresh:
        print(f"{name} is up ({elapsed:.1f} s).", flush=True)
    else:
        print(f"{name} is running already, since {_ago(sessions.note(session.machine))}.", flush=True)
    if no_shell:
        from ramlab.briefing import briefing

        print(briefing(this))
    else:
        _become(session.machine, None, tty=sys.stdin.isatty())
    return 0


def shell(*, lab: str, student: str, record: bool) -> int:
    """Become a shell at the learner's door, or be around one that is recorded."""
    machine = _machine(lab, student)
    if not record:
        _become(machine, None, tty=sys.stdin.isatty())
    from ramlab import recording

    locks.hold_shared(machine.folder / IN_USE)
    return recording.run(surrounded(machine, None, tty=True), machine.name)


def execute(*, lab: str, student: str, command: list[str]) -> int:
    """Become a command at the learner's door. One word alone is a line for its shell."""
    if not command:
        raise UsageError("no command to run", hint=f"as in: ramlab exec {lab} -- free -m")
    line = command[0] if len(command) == 1 else shlex.join(command)
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    _become(_machine(lab, student), line, tty=terminal)


def workload(*, lab: str, student: str, words: list[str]) -> int:
    """Become the lab's workload at the learner's door."""
    if any(word.split("=")[0] == "--student" for word in words):  # which the workload would say that it does not know
        raise UsageError("--student comes too late: what follows LAB is the workload's", hint=_STUDENT_FIRST)
    return execute(lab=lab, student=student, command=["workload", *words])


def reset(*, lab: str, student: str, machine: str) -> int:
    """Put a fresh machine in the old one's place. The other machines of the lab end: they start when asked for."""
    from ramlab import catalogue

    this = catalogue.load(lab, student)
    for other in [] if this.at else sessions.of_lab(this.name, this.student):
        if other.name != this.machine_name:
            _stop(other.name)
    with Steps(f"reset {this.typed}") as progress:
        fresh = sessions.fresh(this, kind=machine, progress=progress)
        elapsed = progress.elapsed
    print(f"{fresh.name} is fresh again ({elapsed:.1f} s). Shells in the old machine have ended.")
    return 0


def stop(*, lab: str, student: str, every: bool) -> int:
    """End one machine or all, and sweep what dead ones left."""
    if every == bool(lab):
        raise UsageError("which machine?", hint="type: ramlab stop LAB, or: ramlab stop --all")
    names = [machine.name for machine in machines.every()] if every else _names(lab, student)
    found = [name for name in names if _stop(name)]
    for name in sessions.sweep():
        print(f"{name} had ended; what it left is removed.")
    if not found:
        print("Nothing is running." if every else f"{names[0]} is not running.")
    return 0


def status() -> int:
    """List the machines."""
    for name in sessions.sweep():
        print(f"{name} had ended; what it left is removed.")
    found = machines.every()
    if not found:
        print("Nothing is running. See: ramlab list")
        return 0
    width = max(len(machine.name) for machine in found)
    print(f"{'MACHINE':<{width}}  KIND    SINCE")
    for machine in found:
        print(f"{machine.name:<{width}}  {machine.kind:<6}  {_ago(sessions.note(machine))}")
    return 0


def surrounded(machine: Machine, command: str | None, *, tty: bool) -> list[str]:
    """What runs a command at the learner's door and says why, where the machine is lost meanwhile."""
    return ["sh", "-c", _SURROUND, sys.executable, machine.name, *machine.learner.argv(command, tty=tty)]


def _stop(name: str) -> bool:
    with machines.locked(name):  # whoever starts or stages it now comes to an end first
        machine = machines.find(name)
        if machine:
            machine.stop()
            print(f"{name} is stopped.")
    return machine is not None


def _names(lab: str, student: str) -> list[str]:
    """The machine that is meant; with a lab's name alone those that it has beside it, too."""
    name = places.wanted(lab, student)
    if lab == places.DOCKERHOST:
        return [name]
    others = [] if places.at(lab) else sessions.of_lab(places.resolve(lab).name, places.check_student(student))
    return [name, *(one.name for one in others if one.name != name)]


def _machine(lab: str, student: str) -> Machine:
    return sessions.require(places.wanted(lab, student))


def _become(machine: Machine, command: str | None, *, tty: bool) -> NoReturn:
    """Replace this process: streams, signals and exit status are then the command's own."""
    argv = surrounded(machine, command, tty=tty)
    # As long as the command runs, the machine is in use and the idle limit leaves it alone. ssh closes every
    # descriptor that it inherits, so who is around it holds the lock.
    locks.hold_shared(machine.folder / IN_USE)
    sys.stdout.flush()
    os.execvp(argv[0], argv)  # noqa: S606 -- an argv that the door made


def _ago(note: dict[str, object]) -> str:
    started = note.get("started")
    if not isinstance(started, int | float):
        return "no lab is staged"
    minutes = int(time.time() - started) // 60
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"  # noqa: PLR2004 -- two hours
