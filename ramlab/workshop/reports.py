"""What a seat tells the board: read as hostile text, bounded in every way, and only of labs and tasks that there are.

Titles, numbers and points are the lab's own; a seat only says what came of which check.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ramlab.grading.sheets import printable
from ramlab.verdicts import ERROR, FAILED, PASSED, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ramlab.catalogue import Lab

MOST = 200_000
"""Bytes of one report."""
OPEN = "open"
"""Not looked at yet."""
OUTCOMES = (OPEN, PASSED, FAILED, SKIPPED, ERROR)
READY, STALLED, GONE = "ready", "stalled", "failed"
STATES = (READY, STALLED, GONE, "starting", "resetting", "none")
MOST_OF_A_MESSAGE = 2000
"""Characters of what a check says."""
MOST_WORDS = 400
"""Characters of what a machine's state says."""
_END_OF_TIME = 2.0**33
_MOST_HINTS = 100


class BadReport(ValueError):  # noqa: N818 -- a verdict about what was sent
    """This is no report; the message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What came of one check."""

    outcome: str
    """One of OUTCOMES."""
    message: str
    hints: int
    """How many were taken."""
    seconds: float
    """Of the check."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """How a seat's machine is."""

    state: str
    """One of STATES."""
    step: str
    """What it is doing."""
    message: str
    """Why it is not ready."""
    since: float
    """When it came to be so, in seconds since 1970; 0: nobody knows."""
    begun: float
    """When it was started, which tells it from the one before; 0: nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A seat as it is now."""

    lab: str
    machine: Machine
    active: float | None
    """The participant's last key or click, in seconds since 1970; 0: none yet; None: the seat does not say."""
    checked: float
    """When the tasks were looked at; 0: not yet."""
    tasks: Mapping[str, Said]
    """By check."""

    @property
    def looked(self) -> bool:
        """Whether it says of any task how it is."""
        return any(its.outcome != OPEN for its in self.tasks.values())


def read(raw: bytes, labs: Mapping[str, Lab]) -> Report:
    """The report in these bytes. Raises BadReport."""
    if len(raw) > MOST:
        raise BadReport(f"a report may have {MOST} bytes")
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadReport(f"no JSON: {error}") from None
    if not isinstance(said, dict):
        raise BadReport("no object")
    name = said.get("lab")
    if not isinstance(name, str) or name not in labs:
        raise BadReport(f"lab: none of this workshop's; legal: {', '.join(labs)}")
    tasks = said.get("tasks")
    if not isinstance(tasks, list):
        raise BadReport("tasks: no list")
    return Report(
        lab=name,
        machine=_machine(said.get("machine")),
        active=_moment(said["active"]) if "active" in said else None,
        checked=_moment(said.get("checked")),
        tasks=_tasks(tasks, labs[name]),
    )


def _machine(said: object) -> Machine:
    its = said if isinstance(said, dict) else {}
    if its.get("state") not in STATES:
        raise BadReport(f"machine.state: legal: {', '.join(STATES)}")
    return Machine(
        state=its["state"],
        step=_words(its.get("step"), MOST_WORDS),
        message=_words(its.get("message"), MOST_WORDS),
        since=_moment(its.get("since")),
        begun=_moment(its.get("begun")),
    )


def _tasks(said: list[Any], lab: Lab) -> dict[str, Said]:
    found: dict[str, Said] = {}
    for its in said:
        check = its.get("check") if isinstance(its, dict) else None
        if not isinstance(check, str) or check not in lab.by_check or check in found:
            raise BadReport(f"tasks: a check that {lab.name} has not, or twice")
        if its.get("outcome") not in OUTCOMES:
            raise BadReport(f"tasks: outcome of {check}: legal: {', '.join(OUTCOMES)}")
        hints = its.get("hints")
        found[check] = Said(
            outcome=its["outcome"],
            message=_words(its.get("message"), MOST_OF_A_MESSAGE),
            hints=int(min(_amount(hints.get("taken") if isinstance(hints, dict) else 0), _MOST_HINTS)),
            seconds=_amount(its.get("seconds")),
        )
    return found


def _words(said: object, most: int) -> str:
    return printable(said[:most]) if isinstance(said, str) else ""


def _moment(said: object) -> float:
    """Seconds since 1970, as far as they can be."""
    return moment if (moment := _amount(said)) < _END_OF_TIME else 0.0


def _amount(said: object) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        return 0.0
    try:
        amount = float(said)
    except OverflowError:
        return 0.0
    return amount if math.isfinite(amount) and amount > 0 else 0.0
