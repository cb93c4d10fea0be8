"""The geometry of the report's two pictures; the templates draw them as SVG."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BINS = 10
DAY = 86400.0
"""Seconds."""
_TICKS = 5
_END_OF_TIME = 2.0**33
"""The year 2242, in seconds since 1970: an archive may give its files any time, also one that no calendar has."""


@dataclass(frozen=True, kw_only=True)
class Bin:
    """One bar of a histogram."""

    low: float
    """In points, included."""
    high: float
    """In points; only in the last bar included."""
    count: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was handed in of one lab."""

    lab: str
    dots: tuple[tuple[float, int], ...]
    """Where files lie on the axis, in percent of it, and how many."""
    due: float | None
    """Where the due date lies; None where there is none."""
    files: int
    """Also those without a time."""
    late: int
    """Files after the due date."""
    first: float
    """When the first one was handed in, in seconds since 1970; 0 where there is none."""
    last: float
    due_at: float
    """In seconds since 1970; 0 where there is none."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """All labs on one axis."""

    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    """Where they lie, in percent, and what stands there. Empty: nothing has a time, and there is no picture."""


def histogram(totals: Sequence[float], most: float) -> list[Bin]:
    """Bars of equal width from 0 to `most` points, or to the best total where that is more. Empty without totals."""
    if not totals:
        return []
    top = max(most, *totals, 1.0)
    step = max(1, math.ceil(top / BINS))
    counts = Counter(min(int(max(total, 0) / step), math.ceil(top / step) - 1) for total in totals)
    return [
        Bin(low=index * step, high=min((index + 1) * step, top), count=counts[index])
        for index in range(math.ceil(top / step))
    ]


def timeline(files: Mapping[str, Sequence[float]], due: Mapping[str, dt.datetime | None]) -> Timeline:
    """When the files of each lab were handed in, in seconds since 1970, against the labs' due dates."""
    deadlines = {lab: moment.timestamp() for lab, moment in due.items() if moment}
    moments = [moment for its in files.values() for moment in its if is_time(moment)] + list(deadlines.values())
    if not moments:
        return Timeline(rows=(), ticks=())
    begin, end = min(moments), max(moments)
    begin, end = begin - 0.03 * (end - begin) - 60, end + 0.03 * (end - begin) + 60
    rows = tuple(_row(lab, sorted(files.get(lab, ())), deadlines.get(lab, 0.0), begin, end) for lab in due)
    return Timeline(rows=rows, ticks=_ticks(begin, end))


def is_time(moment: float) -> bool:
    """Whether this is a time at which somebody may have handed something in."""
    return 0 < moment < _END_OF_TIME


def _row(lab: str, moments: list[float], due: float, begin: float, end: float) -> Row:
    timed = [moment for moment in moments if is_time(moment)]
    dots = Counter(_place(moment, begin, end) for moment in timed)
    return Row(
        lab=lab, dots=tuple(sorted(dots.items())), due=_place(due, begin, end) if due else None, files=len(moments),
        late=sum(moment > due for moment in timed) if due else 0, due_at=due,
        first=timed[0] if timed else 0.0, last=timed[-1] if timed else 0.0,
    )  # fmt: skip


def _place(moment: float, begin: float, end: float) -> float:
    """In percent, to a half: dots that would lie on each other are one."""
    return round(200 * (moment - begin) / (end - begin)) / 2


def _ticks(begin: float, end: float) -> tuple[tuple[float, str], ...]:
    form = "%Y-%m-%d" if end - begin > _TICKS * DAY else "%m-%d %H:%M"
    moments = [begin + (end - begin) * (index + 0.5) / _TICKS for index in range(_TICKS)]
    told = [f"{dt.datetime.fromtimestamp(moment, tz=dt.UTC).astimezone():{form}}" for moment in moments]
    return tuple((100 * (index + 0.5) / _TICKS, text) for index, text in enumerate(told))
