"""Tickets: who somebody is in a course, and what their personal parameters are drawn from.

Without one the student's name is all there is to it, and whoever reads ramlab knows everybody's parameters.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from containers import paths
from containers.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "RAMLAB_TICKET"
_WORD = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,25}):([0-9a-f]{32})")


@dataclass(frozen=True)
class Ticket:
    """`ada:5f0c…`, which her instructor has made with the course's secret."""

    student: str
    seed: str
    """32 hexadecimal digits."""

    @classmethod
    def made(cls, student: str, secret: bytes) -> Self:
        """The ticket of `student`: HMAC-SHA256 of the name, the first half of it."""
        import hashlib  # 5 ms that `ramlab exec` has no use for
        import hmac

        return cls(student, hmac.new(secret, f"ticket {student}".encode(), hashlib.sha256).hexdigest()[:32])

    @classmethod
    def read(cls, text: str, where: str) -> Self:
        """The ticket that `text` is. Raises UsageError that names `where` it stood."""
        match = _WORD.fullmatch(text.strip())
        if not match:
            raise UsageError(f"{where} is no ticket", hint="it is a name, a colon and 32 digits; ask your instructor")
        return cls(*match.groups())

    @classmethod
    def own(cls) -> Self | None:
        """The one in $RAMLAB_TICKET, else the one that `ramlab enrol` has kept. An empty variable: none."""
        if VARIABLE in os.environ:
            return cls.read(os.environ[VARIABLE], f"${VARIABLE}") if os.environ[VARIABLE] else None
        try:
            return cls.read(_file().read_text(), str(_file()))
        except FileNotFoundError:
            return None

    def __str__(self) -> str:
        return f"{self.student}:{self.seed}"

    @property
    def mark(self) -> str:
        """What may be seen of the seed: whether two are the same."""
        import hashlib

        return hashlib.sha256(self.seed.encode()).hexdigest()[:16]


def seed_of(student: str) -> str:
    """What the parameters of `student` are drawn from: the ticket's seed where it is theirs, else the name."""
    ticket = Ticket.own()
    return ticket.seed if ticket and ticket.student == student else student


def mark_of(student: str) -> str:
    """`Ticket.mark` where the ticket is theirs; empty where the name alone decides."""
    ticket = Ticket.own()
    return ticket.mark if ticket and ticket.student == student else ""


def enrol(*, ticket: str) -> int:
    """Keep the ticket: from now on this is who you are, and what your parameters are drawn from."""
    from containers import machines

    yours = Ticket.read(ticket, repr(ticket))
    alive = [one.name for one in machines.every() if one.name.endswith(f"@{yours.student}")]
    if alive and seed_of(yours.student) != yours.seed:
        raise UsageError(
            f"{alive[0]} was set up without this ticket", hint="stop your machines first: ramlab stop --all; then again"
        )
    _file().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _file().touch(mode=0o600)
    _file().write_text(f"{yours}\n")
    print(f"You are {yours.student}. Your machines are called so, and have parameters of your own.")
    return 0


def tickets(*, course: str, students: list[str]) -> int:
    """Print the ticket of each student: those named, else the course's roster."""
    from ramlab.grading.course import Course
    from ramlab.places import check_student

    this = Course.find(course)
    if not this.secret:
        raise UsageError(
            "there is no course secret to make tickets with",
            hint='in course.toml: secret_file = "secret"; and: openssl rand -hex 32 > secret',
        )
    for student in [check_student(one) for one in students or this.roster]:
        print(Ticket.made(student, this.secret))
    return 0


def _file() -> Path:
    return paths.state() / "ticket"
