"""Answers that are much alike, or have values of somebody else's machine. For a human to judge; costs nothing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ramlab.catalogue import Lab
    from ramlab.submission import Submission

ALIKE = 0.8
"""Share of the lines that two answers have in common, from which on they are named."""
LEAST_LINES = 4
"""Below it two answers may be alike by chance."""
_COMMON = 0.5
"""A line that this share of the class has says nothing."""
_LEAST_CLASS = 4
"""Where fewer have handed in, nothing can be called common."""
_LETTERS = 3
"""A value with fewer may stand anywhere."""
_LEAST_VALUES = 2


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two students' answers to one lab."""

    lab: str
    students: tuple[str, str]
    share: float
    """Of their lines, those that both have."""
    same_moments: int
    """Commands that both histories have at the same second: these were typed once."""


def pairs(handed_in: Iterable[Submission]) -> list[Pair]:
    """The pairs that are alike, the most alike first. Of one student the last file of a lab is compared."""
    by_lab: dict[str, dict[str, Submission]] = {}
    for one in handed_in:
        by_lab.setdefault(one.manifest.lab, {})[one.manifest.student] = one
    found = [pair for lab, students in by_lab.items() for pair in _of_lab(lab, students)]
    return sorted(found, key=lambda pair: (-pair.same_moments, -pair.share, pair.lab, pair.students))


def _of_lab(lab: str, students: dict[str, Submission]) -> Iterable[Pair]:
    lines = {student: _lines(one.answer) for student, one in students.items()}
    moments = {student: _moments(one.history) for student, one in students.items()}
    if len(students) >= _LEAST_CLASS:
        counts = Counter(line for its in lines.values() for line in its)
        common = {line for line, count in counts.items() if count > max(2, _COMMON * len(students))}
        lines = {student: its - common for student, its in lines.items()}
    for one, other in combinations(sorted(students), 2):
        both, either = lines[one] & lines[other], lines[one] | lines[other]
        share = len(both) / len(either) if either else 0.0
        same = len(moments[one] & moments[other])
        if same or (share >= ALIKE and len(both) >= LEAST_LINES):
            yield Pair(lab=lab, students=(one, other), share=share, same_moments=same)


def _lines(answer: bytes) -> frozenset[str]:
    """What it does: without comments, indentation and empty lines."""
    texts = (line.strip() for line in answer.decode(errors="replace").splitlines())
    return frozenset(text for text in texts if text and not text.startswith("#"))


def _moments(history: str) -> frozenset[tuple[str, str]]:
    """Each command with the second in which it was typed, as bash keeps them."""
    return frozenset(re.findall(r"(?m)^#(\d{9,11})\n([^#\n].*)", history))


def borrowed(mine: Submission, lab: Lab, others: Sequence[Lab]) -> list[str]:
    """What of the parameters of one of the `others` stands in an answer that has none of its own."""
    answer = mine.answer.decode(errors="replace")
    words = {*re.findall(r"\w+", answer), *re.findall(r"\d+", answer), *mine.values.values()}  # of 64M also 64
    if any(_telling(value) and str(value) in words for value in lab.parameters.values()):
        return []
    found = []
    for other in others:
        theirs = [
            f"{name} {value}"
            for name, value in other.parameters.items()
            if _telling(value) and value != lab.parameters[name] and str(value) in words
        ]
        if len(theirs) >= _LEAST_VALUES:
            found.append((len(theirs), f"has values of {other.student}'s machine: {', '.join(theirs)}"))
    return [text for _, text in sorted(found, reverse=True)[:1]]


def _telling(value: int | str) -> bool:
    return len(str(value)) >= _LETTERS and not (isinstance(value, int) and value % 100 == 0)
