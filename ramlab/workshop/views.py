"""The room as the board's page is told of it, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ramlab.grading import wrongs
from ramlab.verdicts import FAILED, PASSED
from ramlab.workshop import ledger, stuck
from ramlab.workshop.rooms import AWAKE

if TYPE_CHECKING:
    from ramlab.catalogue import Lab
    from ramlab.workshop.rooms import Attempt, Cell, Room, Seat

MOST_WRONGS = 12
"""Wrong states that are shown."""
DONE, WRONG, UNTOUCHED, TROUBLE = "done", "wrong", "untouched", "trouble"
"""What a cell shows."""


def labs(room: Room) -> list[dict[str, Any]]:
    """The workshop's labs and their tasks."""
    return [
        {
            "name": lab.name,
            "title": lab.title,
            "tasks": [
                {"check": task.check, "number": task.number, "sentence": task.sentence, "points": task.points}
                for task in lab.tasks
            ],
        }
        for lab in room.labs.values()
    ]


def of_room(room: Room, now: float) -> dict[str, Any]:
    """Every seat in a line, who is stuck, and the commonest wrong states."""
    waiting = stuck.of_room(room, now)
    helpless = {one.student for one in waiting}
    seats = [_row(seat, room, now, helpless=seat.student in helpless) for _, seat in sorted(room.seats.items())]
    return {
        "seats": seats,
        "here": sum(not its["silent"] for its in seats),
        "finished": sum(its["finished"] for its in seats),
        "stuck": [{"student": one.student, "lab": one.lab, "task": one.task, "why": one.why} for one in waiting],
        "wrongs": [
            {
                "lab": one.lab,
                "check": one.check,
                "task": room.labs[one.lab].by_check[one.check].number if one.check else 0,
                "words": one.said or "nothing was said",
                "example": one.example if one.example != one.said else "",
                "count": len(one.students),
                "of": one.of,
                "students": one.students,
            }
            for one in ledger.wrong_now(room)[:MOST_WRONGS]
        ],
        "notes": [{"id": note.id, "text": note.text, "at": note.at, "to": note.to} for note in room.notes],
    }


def of_seat(room: Room, student: str, now: float) -> dict[str, Any] | None:
    """One seat in full; None where there is none of this name."""
    seat = room.seats.get(student)
    if seat is None:
        return None
    why = stuck.of_seat(seat, room.labs, now)
    return {
        **_row(seat, room, now, helpless=why is not None),
        "why": why.why if why else (),
        "worked": round(seat.work.worked),
        "active": seat.active,
        "works": [_work(seat, room.labs[name]) for name in seat.labs],
    }


def _row(seat: Seat, room: Room, now: float, *, helpless: bool) -> dict[str, Any]:
    silent = now - seat.heard > stuck.SILENT
    task = stuck.at_work_on(room.labs[seat.lab], seat.work.now)
    done = len(seat.work.now.done)
    return {
        "student": seat.student,
        "lab": seat.lab,
        "state": seat.state,
        "step": seat.step,
        "message": seat.message,
        "silent": silent,
        "heard": round(seat.heard) if silent else 0,
        "awake": not silent and now - seat.active <= AWAKE,
        "stuck": helpless,
        "at": task.number if task else 0,
        "attempt": seat.work.made,
        "finished": done == len(room.labs[seat.lab].tasks),
        "cells": {name: _cells(work.now, room.labs[name]) for name, work in seat.labs.items()},
    }


def _cells(attempt: Attempt, lab: Lab) -> list[str]:
    return [_shown(attempt.cells.get(task.check)) for task in lab.tasks]


def _shown(cell: Cell | None) -> str:
    if cell is None:
        return UNTOUCHED
    if cell.outcome == PASSED:
        return DONE
    if cell.trouble:
        return TROUBLE
    return WRONG if cell.wrong else UNTOUCHED


def _work(seat: Seat, lab: Lab) -> dict[str, Any]:
    work = seat.labs[lab.name]
    return {
        "lab": lab.name,
        "title": lab.title,
        "attempts": work.made,
        "best": max((len(one.done) for one in work.attempts), default=0),
        "tasks": [
            {
                "number": task.number,
                "sentence": task.sentence,
                "shown": _shown(cell := work.now.cells.get(task.check)),
                "facts": wrongs.parts(cell.message) if cell and cell.outcome == FAILED else {},
                "trouble": cell.trouble if cell else "",
                "passed": work.ever.get(task.check, 0),
                "tries": cell.tries if cell else 0,
                "hints": work.hints.get(task.check, 0),
                "of_hints": len(task.hints),
            }
            for task in lab.tasks
        ],
    }
