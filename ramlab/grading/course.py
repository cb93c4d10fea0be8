"""What course.toml says: which labs count how much, until when, and the secret that only the instructor has."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from containers.errors import UsageError
from ramlab import places
from ramlab.tables import Table, nearest
from ramlab.tickets import Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = Path("course.toml")
LEAST_SECRET = 16
"""Characters: what is shorter can be guessed."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On what terms one lab counts."""

    points: int = 0
    """What the whole lab is worth; 0: what its tasks are worth together."""
    weight: int = 1
    """How often it counts in the total."""
    due: dt.datetime | None = None
    attempts: int = 0
    """How many files of a student count, the first ones; 0: all."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """The terms of a class."""

    path: Path | None = None
    title: str = "ramlab"
    secret: bytes = b""
    """Empty: nothing is signed, and parameters are drawn from the students' names."""
    roster: tuple[str, ...] = ()
    """Who is in the class; empty: whoever hands something in."""
    late_percent_a_day: int = 0
    late_percent_at_most: int = 100
    hint_percent: int = 0
    """What a hint costs of the points of its task."""
    labs: Mapping[str, Terms] = field(default_factory=dict)
    """By name; others do not count. Empty: every lab counts, on the same terms."""

    @classmethod
    def find(cls, named: str, *, aloud: bool = True) -> Self:
        """The course of the file `named`, else of course.toml here, else one of defaults, which is said `aloud`."""
        if named or DEFAULT.exists():
            return cls.read(Path(named or DEFAULT))
        if aloud:
            print(
                f"There is no {DEFAULT}: each lab counts its tasks' points, no deadline, hints are free, the best of "
                "all files counts, nothing is signed, and parameters are drawn from names.",
                file=sys.stderr,
            )
        return cls()

    @classmethod
    def read(cls, path: Path) -> Self:
        """The course in the file. Raises UsageError that names file, key and the legal values."""
        table = Table.read(path)
        late = table.inner("late", table.table("late"))
        terms = table.table("labs")
        course = cls(
            path=path,
            title=table.text("title") if "title" in table else cls.title,
            secret=_secret(path, table),
            roster=_roster(path, table),
            late_percent_a_day=late.number("percent_a_day", 0, 100, default=0),
            late_percent_at_most=late.number("percent_at_most", 0, 100, default=100),
            hint_percent=table.number("hint_percent", 0, 100, default=0),
            labs={name: _terms(table, name, terms[name]) for name in terms},
        )
        late.done()
        table.done()
        return course

    def terms(self, lab: str) -> Terms | None:
        """The lab's terms; None where it does not count."""
        return self.labs.get(lab, None if self.labs else Terms())

    def ticket(self, student: str) -> Ticket | None:
        """The student's ticket; None where there is no secret to make it with."""
        return Ticket.made(student, self.secret) if self.secret else None

    def late_percent(self, due: dt.datetime | None, submitted: float) -> int:
        """What is taken off for lateness: each day that has begun counts."""
        over = submitted - due.timestamp() if due and submitted else 0.0
        return min(math.ceil(over / 86400) * self.late_percent_a_day, self.late_percent_at_most) if over > 0 else 0

    def signed(self, content: dict[str, Any]) -> dict[str, Any]:
        """`content` with its signature; as it is where there is no secret."""
        return {**content, "signature": self._signature(content)} if self.secret else content

    def holds(self, content: dict[str, Any]) -> bool:
        """Whether the signature is ours, and `content` what was signed. True where there is no secret."""
        said = str(content.get("signature", ""))
        return not self.secret or hmac.compare_digest(said.encode(), self._signature(content).encode())

    def _signature(self, content: dict[str, Any]) -> str:
        plain = {key: value for key, value in content.items() if key != "signature"}
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
        return hmac.new(self.secret, f"result {text}".encode(), hashlib.sha256).hexdigest()


def _secret(path: Path, table: Table) -> bytes:
    if "secret" in table and "secret_file" in table:
        raise UsageError(f"{path}: has both secret and secret_file", hint="take one; a file may stay out of git")
    if "secret_file" in table:
        file = path.parent / table.text("secret_file")
        try:
            said = file.read_text().strip()
        except OSError as error:
            raise UsageError(
                f"{path}: secret_file {file}: {error.strerror}", hint=f"make it: openssl rand -hex 32 > {file}"
            ) from None
    else:
        said = table.text("secret") if "secret" in table else ""
    if 0 < len(said) < LEAST_SECRET:
        raise UsageError(
            f"{path}: the secret has {len(said)} characters",
            hint=f"legal: {LEAST_SECRET} or more; openssl rand -hex 32",
        )
    return said.encode()


def _roster(path: Path, table: Table) -> tuple[str, ...]:
    """One student a line; `#` begins a comment."""
    if "roster" not in table:
        return ()
    file = path.parent / table.text("roster")
    try:
        lines = [line.partition("#")[0].strip() for line in file.read_text().splitlines()]
    except OSError as error:
        raise UsageError(f"{path}: roster {file}: {error.strerror}", hint="it has one student a line") from None
    return tuple(dict.fromkeys(places.check_student(line) for line in lines if line))


def _terms(table: Table, name: str, value: object) -> Terms:
    known = places.names()
    if name not in known:
        raise UsageError(
            f"{table.path}: no lab {name!r}", hint=f"{nearest(name, known)}[labs.NAME], as in [labs.{known[0]}]"
        )
    entry = table.inner(f"labs.{name}", value)
    terms = Terms(
        points=entry.number("points", 0, 10_000, default=0),
        weight=entry.number("weight", 0, 1000, default=1),
        due=entry.moment("due") if "due" in entry else None,
        attempts=entry.number("attempts", 0, 1000, default=0),
    )
    entry.done()
    return terms


def said(moment: float) -> str:
    """`2027-03-01 23:59`, in this computer's time; empty for 0."""
    return f"{dt.datetime.fromtimestamp(moment, tz=dt.UTC).astimezone():%Y-%m-%d %H:%M}" if moment else ""
