"""What the pages call that which was graded: files that were handed in, or attempts in a workshop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of one kind of book."""

    one: str
    more: str
    have: str
    """What students have done: "… have …"."""
    none: str
    """In a student's cell that is empty."""
    idle: str
    """Whoever has none at all: "whoever …"."""
    nothing: str
    """On a student's own page, of a lab without anything."""
    last: str
    """Before the time of the one that counts."""
    when: str
    """The heading over all times."""
    times: str
    """What the picture of them shows."""
    whose_time: str
    """By what a time was taken."""
    mend: str
    """What is to be done about one that could not be graded; its last word is "run"."""
    command: str
    """Which is to be run again then."""
    again: str
    """What is to be done about one that is nobody's grade."""
    files: bool
    """Whether they are files, which have a SHA-256 and can be compared with each other."""


HANDED_IN = Words(
    one="file",
    more="files",
    have="handed in",
    none="nothing handed in",
    idle="has handed in nothing",
    nothing="Nothing was handed in that could be read.",
    last="Handed in",
    when="When it was handed in",
    times="files handed in",
    whose_time="By the time of the files",
    mend="Mend what is said here; only these are tried again, when you run",
    command="ramlab grade",
    again="Whoever handed them in has to hand in again.",
    files=True,
)
WORKSHOP = Words(
    one="attempt",
    more="attempts",
    have="begun",
    none="not begun",
    idle="has begun nothing",
    nothing="It was not begun.",
    last="Last change",
    when="When it was worked at",
    times="attempts",
    whose_time="By the last change in each",
    mend="Mend what is said here, have it checked again at the seat, and run",
    command="ramlab workshop export",
    again="The course's terms decide which labs count.",
    files=False,
)
