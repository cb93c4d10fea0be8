"""The room: what the board knows of each seat, from its reports; and how that is kept on disk.

An attempt is one life of a machine: a reset begins another one. Of each task it has the last verdict; a check that
could not be made (the machine is thrashing) takes nothing back.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ramlab.grading import wrongs
from ramlab.verdicts import FAILED, PASSED
from ramlab.workshop.reports import OPEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ramlab.catalogue import Lab
    from ramlab.workshop.reports import Machine, Report, Said

AWAKE = 120.0
"""Seconds after a key or click in which somebody is taken to be at work."""
LONGEST_GAP = 30.0
"""Seconds between two reports that count as work, at most: what was in a longer gap nobody knows."""
MOST_ATTEMPTS = 12
"""Of a lab that are kept; then the one with least done goes."""
MOST_STATES = 12
"""Wrong states of a task that are remembered."""


@dataclass(kw_only=True)
class Cell:
    """One task in one attempt."""

    outcome: str = OPEN
    """The last verdict, PASSED or FAILED; OPEN where there is none yet."""
    message: str = ""
    """Of the last verdict."""
    trouble: str = ""
    """Why it could not be checked when it was looked at last; empty: it could."""
    passed: float = 0.0
    """When it passed first, in seconds since 1970; 0: not yet."""
    changed: float = 0.0
    """When the verdict became another one."""
    touched: float = 0.0
    """When it was last seen in another state than before."""
    seconds: float = 0.0
    """Of the last check."""
    states: list[str] = field(default_factory=list)
    """The wrong states that were seen, in general words, each once. The first is how the machine came."""
    state: str = ""
    """The one that it is in, where it is FAILED."""

    @property
    def untouched(self) -> bool:
        """Whether it is as the machine came: nothing done yet, which is no mistake."""
        return self.outcome == OPEN or (self.outcome == FAILED and not self.passed and self.state == self.states[0])

    @property
    def tries(self) -> int:
        """How many wrong states were tried."""
        return max(0, len(self.states) - 1)

    @property
    def wrong(self) -> bool:
        """Whether something was done that the check refuses."""
        return self.outcome == FAILED and not self.untouched


@dataclass(kw_only=True)
class Attempt:
    """One life of a seat's machine in one lab."""

    machine: float = 0.0
    """When it was started, by the seat; 0: it does not say."""
    begun: float = 0.0
    """When the board heard of it first."""
    looked: float = 0.0
    """When its tasks were looked at last; 0: never."""
    changed: float = 0.0
    """When a verdict changed last."""
    cells: dict[str, Cell] = field(default_factory=dict)
    """By check, those that were looked at."""

    @property
    def done(self) -> list[str]:
        """The checks that pass."""
        return [check for check, cell in self.cells.items() if cell.outcome == PASSED]


@dataclass(kw_only=True)
class Work:
    """A participant in one lab."""

    attempts: list[Attempt] = field(default_factory=list)
    made: int = 0
    """Attempts, also those that were too many to be kept."""
    hints: dict[str, int] = field(default_factory=dict)
    """Taken, by check."""
    ever: dict[str, float] = field(default_factory=dict)
    """When a check passed for the first time in any attempt."""
    worked: float = 0.0
    """Seconds of work since a task was last done that had not been in that attempt."""
    resets: int = 0
    """Fresh machines since then."""

    @property
    def now(self) -> Attempt:
        """The last attempt."""
        return self.attempts[-1]

    def number(self, attempt: Attempt) -> int:
        """Which one it is, from 1."""
        return self.made - len(self.attempts) + self.attempts.index(attempt) + 1


@dataclass(kw_only=True)
class Seat:
    """One participant."""

    student: str
    lab: str = ""
    """Which is open now."""
    heard: float = 0.0
    """When the seat last reported."""
    active: float = 0.0
    """The participant's last key or click."""
    state: str = "none"
    step: str = ""
    message: str = ""
    since: float = 0.0
    labs: dict[str, Work] = field(default_factory=dict)

    @property
    def work(self) -> Work:
        """In the lab that is open now."""
        return self.labs[self.lab]

    def shown(self) -> tuple[object, ...]:
        """What is on the board of it, and differs when something has happened."""
        if not self.labs:
            return ()
        work = self.work
        cells = tuple((check, cell.outcome, cell.message, cell.trouble) for check, cell in work.now.cells.items())
        return self.lab, self.state, self.step, self.message, work.made, tuple(work.hints.items()), cells


@dataclass(frozen=True, kw_only=True)
class Note:
    """What the instructor has said to the room, or to one."""

    id: int
    text: str
    at: float
    to: str = ""
    """A student; empty: everybody."""


@dataclass
class Room:
    """All seats and notes."""

    labs: Mapping[str, Lab]
    seats: dict[str, Seat] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    last_note: int = 0
    """Number of the last one, also of those that were taken back: none is given twice."""

    def __post_init__(self) -> None:
        self._words = {name: wrongs.personal_words(lab) for name, lab in self.labs.items()}

    def heard(self, student: str, report: Report, now: float) -> bool:
        """Put a seat's report into its row; whether it says anything new but that time has passed."""
        seat = self.seats.setdefault(student, Seat(student=student))
        before = seat.shown()
        gap = min(now - seat.heard, LONGEST_GAP) if seat.heard and seat.lab == report.lab else 0.0
        seat.lab, seat.heard = report.lab, now
        _note_machine(seat, report.machine, now)
        seat.active = max(seat.active, now if report.active is None else min(report.active, now))
        work = seat.labs.setdefault(report.lab, Work())
        attempt = _attempt(work, report, now)
        if len(attempt.done) < len(self.labs[report.lab].tasks) and now - seat.active <= AWAKE:
            work.worked += max(gap, 0.0)
        work.hints |= {check: its.hints for check, its in report.tasks.items() if its.hints}
        for check, its in report.tasks.items():
            if its.outcome != OPEN and self._looked(report.lab, attempt, check, its, now):
                work.ever.setdefault(check, now)
                work.worked, work.resets = 0.0, 0
        return seat.shown() != before

    def _looked(self, lab: str, attempt: Attempt, check: str, its: Said, now: float) -> bool:
        """Put a check's outcome into its cell; whether it has passed."""
        cell = attempt.cells.setdefault(check, Cell())
        attempt.looked = now
        if its.outcome not in (PASSED, FAILED):
            cell.trouble = its.message or its.outcome
            return False
        cell.trouble, cell.seconds = "", its.seconds
        if cell.outcome != its.outcome or cell.message != its.message:
            if cell.outcome != its.outcome:
                cell.changed = attempt.changed = now
            cell.outcome, cell.message = its.outcome, its.message
        if its.outcome == FAILED:
            seen = wrongs.general(wrongs.parts(its.message).get("seen", ""), self._words[lab])
            if seen != cell.state:
                cell.state, cell.touched = seen, now
            if seen not in cell.states and len(cell.states) < MOST_STATES:
                cell.states.append(seen)
                attempt.changed = now
            return False
        first, cell.state = not cell.passed, ""
        cell.passed = cell.passed or now
        return first

    def note(self, text: str, to: str, now: float) -> Note:
        """Add a note."""
        self.last_note += 1
        note = Note(id=self.last_note, text=text, at=now, to=to)
        self.notes.append(note)
        return note

    def notes_for(self, student: str) -> list[Note]:
        """What this seat is to show."""
        return [note for note in self.notes if note.to in ("", student)]

    def record(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return {
            "last_note": self.last_note,
            "notes": [asdict(note) for note in self.notes],
            "seats": {student: asdict(seat) for student, seat in self.seats.items()},
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any], labs: Mapping[str, Lab]) -> Self:
        """The room that was written. Raises ValueError where that is none; labs that are no more are left out."""
        try:
            room = cls(labs)
            room.last_note = int(record["last_note"])
            room.notes = [Note(**its) for its in record["notes"]]
            seats = [_seat(its, labs) for its in record["seats"].values()]
            room.seats = {seat.student: seat for seat in seats if seat.labs}
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no room: {error!r}") from None
        return room


def _note_machine(seat: Seat, machine: Machine, now: float) -> None:
    if machine.state != seat.state:
        seat.since = now
    seat.state, seat.step, seat.message = machine.state, machine.step, machine.message
    seat.since = min(machine.since, now) or seat.since


def _attempt(work: Work, report: Report, now: float) -> Attempt:
    """The attempt that a report is about: a new one where its machine is another one."""
    began = report.machine.begun
    if not work.attempts or _is_another(work.now, report):
        work.resets += bool(work.attempts)
        work.made += 1
        work.attempts.append(Attempt(machine=began, begun=now))
        if len(work.attempts) > MOST_ATTEMPTS:
            work.attempts.remove(min(work.attempts[:-1], key=lambda one: len(one.done)))
    attempt = work.now
    attempt.machine = began or attempt.machine
    return attempt


def _is_another(attempt: Attempt, report: Report) -> bool:
    """Whether the report's machine is another than the attempt's."""
    if report.machine.begun and attempt.machine:
        return report.machine.begun != attempt.machine
    # A seat that does not say so has at least forgotten what had been looked at.
    return bool(attempt.cells) and report.machine.state == "resetting" and not report.looked


def _seat(its: Mapping[str, Any], labs: Mapping[str, Lab]) -> Seat:
    works = {}
    for name, work in its["labs"].items():
        if name in labs:
            attempts = [_attempt_of(one, labs[name]) for one in work["attempts"]]
            works[name] = Work(**{**work, "attempts": attempts})
    seat = Seat(**{**its, "labs": works})
    if seat.lab not in works:
        seat.lab = next(iter(works), "")
    return seat


def _attempt_of(its: Mapping[str, Any], lab: Lab) -> Attempt:
    cells = {check: Cell(**cell) for check, cell in its["cells"].items() if check in lab.by_check}
    return Attempt(**{**its, "cells": cells})
