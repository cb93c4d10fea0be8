"""Where labs are and what machines are called: all that `ramlab exec` has to know of a lab."""

import getpass
import os
import re
from pathlib import Path

from containers.errors import UsageError
from ramlab.tables import nearest
from ramlab.tickets import Ticket

DOCKERHOST = "dockerhost"
"""What is typed where else a lab is: the machine of `ramlab dockerhost`, for exec, shell and stop."""
_STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,25}")


def labs_folder() -> Path:
    """Where the labs are: $RAMLAB_LABS, or the checkout that we are in, or this package's own."""
    named = os.environ.get("RAMLAB_LABS")
    if named:
        folder = Path(named).absolute()
        if not folder.is_dir():
            raise UsageError(f"RAMLAB_LABS is {named}, which is no folder", hint="unset RAMLAB_LABS or mend it")
        return folder
    here = Path.cwd()
    places = [here, *here.parents, Path(__file__).parent.parent]
    for place in places:
        if any((place / "labs").glob("*/lab.toml")):
            return place / "labs"
    raise UsageError("no labs here", hint="cd into a checkout of ramlab, or set RAMLAB_LABS to its labs folder")


def names(folder: Path | None = None) -> list[str]:
    """All labs' names, in order."""
    return sorted(path.parent.name for path in (folder or labs_folder()).glob("*/lab.toml"))


def resolve(wanted: str) -> Path:
    """The folder of `05_oom`, `05`, `5`, `oom`, `labs/05_oom` or `05.other`. Raises UsageError."""
    root = labs_folder()
    known = names(root)
    plain = Path(wanted).name.partition(".")[0]
    if plain.isdecimal():
        plain = plain.zfill(2)
    found = [name for name in known if plain in (name, name[:2], name[3:])]
    if len(found) == 1:
        return root / found[0]
    if found:
        raise UsageError(f"{wanted!r} is more than one lab", hint=f"type one of: {', '.join(found)}")
    words = [*known, *(name[3:] for name in known)]
    raise UsageError(f"no lab {wanted!r}", hint=f"{nearest(wanted, words)}labs: {', '.join(known) or 'none'}")


def check_student(student: str) -> str:
    """`student`; where it is empty that of the ticket, else the login name. Raises UsageError for what is no name."""
    if not student and (ticket := Ticket.own()):
        return ticket.student
    if not student:
        return re.sub(r"[^A-Za-z0-9._-]+", "-", getpass.getuser()).strip("._-")[:26] or "learner"
    if not _STUDENT.fullmatch(student):
        raise UsageError(
            f"{student!r} is not a student's name",
            hint="legal: up to 26 letters, digits, . _ -; a letter or digit first",
        )
    return student


def at(name: str) -> str:
    """Which of a lab's machines is meant: `old` of `08.old` and of `08_cgroups.old@ada`; empty for the first one."""
    return Path(name.partition("@")[0]).name.partition(".")[2]


def machine_name(lab: str, student: str, at: str = "") -> str:
    """`05_oom@ada`; `08_cgroups.old@ada` for the machine `old` of that lab."""
    return f"{lab}{f'.{at}' if at else ''}@{student}"


def wanted(lab: str, student: str) -> str:
    """The name of the machine that is meant by LAB and --student of a command line."""
    name = lab if lab == DOCKERHOST else resolve(lab).name
    return machine_name(name, check_student(student), at(lab))


def typed(name: str) -> str:
    """What a learner types for machine `name`: `05`, or `08.old`."""
    return name[:2] + (f".{at(name)}" if at(name) else "")
