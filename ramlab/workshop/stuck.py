"""Who is stuck, and why, in words. Somebody who reads, or is away, or has done all, is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ramlab.verdicts import FAILED, PASSED
from ramlab.workshop.reports import GONE, STALLED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ramlab.catalogue import Lab, Task
    from ramlab.workshop.rooms import Attempt, Room, Seat, Work

MINUTES = 10.0
"""Of work at tasks of which none gets done. Minutes in which no key is touched are not counted."""
TRIES = 5
"""Different wrong states of one task."""
RESETS = 3
"""Fresh machines without a task that gets done."""
STALLED_SECONDS = 60.0
SILENT = 30.0
"""Seconds without a report after which a seat counts as gone: its participant has left, or its process."""
IDLE = 300.0
"""Seconds without a key or click after which nobody is at work, and nobody is to be helped."""
SLOW_SECONDS = 240.0
"""For a machine to start, when a whole room does."""


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """One participant who may want help."""

    student: str
    lab: str
    task: int
    """The number of the task that they are at; 0: of none."""
    why: tuple[str, ...]
    seconds: float
    """For how long."""


def of_room(room: Room, now: float) -> list[Stuck]:
    """All of them, whoever waits longest first."""
    found = [one for seat in room.seats.values() if (one := of_seat(seat, room.labs, now))]
    return sorted(found, key=lambda one: (-one.seconds, one.student))


def of_seat(seat: Seat, labs: Mapping[str, Lab], now: float) -> Stuck | None:
    """Why this participant is stuck; None where they are not. In `why`, "it" is their task."""
    lab, work = labs[seat.lab], seat.work
    if now - seat.heard > SILENT or len(work.now.done) == len(lab.tasks):
        return None
    task = at_work_on(lab, work.now)
    hung = _machine(seat, now)
    why = [*hung, *(_task(task, work) if task and now - seat.active <= IDLE else [])]
    if not why:
        return None
    seconds = now - seat.since if hung else work.worked
    return Stuck(student=seat.student, lab=lab.name, task=task.number if task else 0, why=tuple(why), seconds=seconds)


def at_work_on(lab: Lab, attempt: Attempt) -> Task | None:
    """The open task that something was done about last; else the first open one."""
    unfinished = [task for task in lab.tasks if not _is_done(attempt, task)]
    touched = [task for task in unfinished if (cell := attempt.cells.get(task.check)) and cell.wrong]
    if touched:
        return max(touched, key=lambda task: (attempt.cells[task.check].touched, -task.number))
    return unfinished[0] if unfinished else None


def _is_done(attempt: Attempt, task: Task) -> bool:
    cell = attempt.cells.get(task.check)
    return cell is not None and cell.outcome == PASSED


def _machine(seat: Seat, now: float) -> list[str]:
    after = f": {seat.message}" if seat.message else ""
    if seat.state == GONE:
        return [f"the machine has failed{after}"]
    if seat.state == STALLED and now - seat.since >= STALLED_SECONDS:
        return [f"the machine has been stalled for {said(now - seat.since)}{after}"]
    if seat.state in ("starting", "resetting") and now - seat.since >= SLOW_SECONDS:
        return [f"the machine has been {seat.state} for {said(now - seat.since)}"]
    return []


def _task(task: Task, work: Work) -> list[str]:
    why = []
    if work.worked >= MINUTES * 60:
        why.append(f"{said(work.worked)} of work since a task was last done")
    states = {state for one in work.attempts if (cell := one.cells.get(task.check)) for state in cell.states[1:]}
    cell = work.now.cells.get(task.check)
    if cell and cell.outcome == FAILED and len(states) >= TRIES:
        why.append(f"{len(states)} different wrong states of it")
    if work.hints.get(task.check, 0) >= len(task.hints) and cell and cell.wrong and work.worked >= MINUTES * 30:
        why.append("every hint taken")
    if work.resets >= RESETS:
        why.append(f"{work.resets} fresh machines since a task was last done")
    return why


def said(seconds: float) -> str:
    """`50 s`, `7 min`, `2 h 5 min`."""
    if seconds < 90:  # noqa: PLR2004 -- under a minute and a half, seconds say it
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004
