"""The grade book: which of a student's files counts, what is taken off, what a human should know."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ramlab.grading.store import GRADED, NOT_GRADABLE, Result
from ramlab.verdicts import FAILED, PASSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ramlab.grading.course import Course, Terms
    from ramlab.grading.likeness import Pair


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one student has in one lab."""

    result: Result
    """Of the file that counts."""
    points: float
    """After all that is taken off; 0 where it could not be graded yet."""
    of: float
    remarks: tuple[str, ...]
    """For whoever grades: they may name other students and files."""
    deductions: tuple[str, ...] = ()
    """Those of the remarks that say what was taken off, and what does not count. They name nobody."""

    @property
    def graded(self) -> bool:
        """Whether the points are a grade, and not a gap that somebody has to look at."""
        return self.result.state == GRADED


@dataclass(frozen=True, kw_only=True)
class Book:
    """The whole class."""

    course: Course
    results: Sequence[Result]
    """Of every file, by student, lab, and when it was handed in."""
    entries: Mapping[tuple[str, str], Entry]
    """By student and lab."""
    pairs: Sequence[Pair] = field(default=())
    """Answers that are much alike."""

    @property
    def students(self) -> list[str]:
        """The roster, then whoever else has handed something in."""
        others = {student for student, _ in self.entries} - set(self.course.roster)
        return [*self.course.roster, *sorted(others)]

    @property
    def labs(self) -> list[str]:
        """Those of the course; where it names none, those that were handed in."""
        return sorted(self.course.labs or {lab for _, lab in self.entries})

    @property
    def not_gradable(self) -> list[Result]:
        """The files that are nobody's grade."""
        return [one for one in self.results if one.state == NOT_GRADABLE]

    def of_student(self, student: str) -> dict[str, Entry]:
        """By lab, what there is of one student."""
        return {lab: self.entries[student, lab] for lab in self.labs if (student, lab) in self.entries}

    def total(self, student: str) -> float:
        """The weighted sum of a student's points."""
        return round(sum(its.points * self._weight(lab) for lab, its in self.of_student(student).items()), 2)

    def _weight(self, lab: str) -> int:
        terms = self.course.terms(lab)
        return terms.weight if terms else 0


def made(course: Course, results: Iterable[Result], pairs: Sequence[Pair] = ()) -> Book:
    """The book of these results."""
    ordered = sorted(results, key=lambda result: (result.student, result.lab, result.submitted, result.file))
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in ordered:
        if result.state != NOT_GRADABLE:
            groups.setdefault((result.student, result.lab), []).append(result)
    entries = {place: _best(course, place[1], files) for place, files in groups.items()}
    return Book(course=course, results=ordered, entries=entries, pairs=pairs)


def _best(course: Course, lab: str, files: list[Result]) -> Entry:
    """The one that counts: of the first `attempts` files the one with most points."""
    terms = course.terms(lab)
    assert terms is not None, "a lab that is none of the course's is not gradable"
    heard = files[: terms.attempts or None]
    best = max((_entry(course, terms, one) for one in heard), key=lambda entry: (entry.graded, entry.points))
    unheard = []
    if len(files) > len(heard):
        unheard.append(f"{len(files) - len(heard)} more files than the {terms.attempts} that count")
    more = list(unheard)
    if waiting := [one.file for one in heard if one.state != GRADED and one is not best.result]:
        more.append(f"could not be graded: {', '.join(waiting)}")
    return replace(best, remarks=(*best.remarks, *more), deductions=(*best.deductions, *unheard))


def _entry(course: Course, terms: Terms, result: Result) -> Entry:
    of = float(terms.points or result.of)
    if result.state != GRADED:
        return Entry(result=result, points=0.0, of=of, remarks=(f"{result.state}: {result.reason}",))
    remarks = []
    failed = [check.removeprefix("test_") for check, its in result.checks.items() if its["outcome"] == FAILED]
    if failed:
        remarks.append(f"not done: {', '.join(failed)}")
    if result.reason:
        remarks.append(result.reason)
    deductions = []
    for_hints = _for_hints(course, result)
    points = (result.points - for_hints) * (terms.points or result.of) / (result.of or 1)
    if for_hints:
        deductions.append(f"{for_hints:g} of {result.of} points less for hints")
    if late := course.late_percent(terms.due, result.submitted):
        points *= 1 - late / 100
        deductions.append(f"{late} % less: late")
    said = (*remarks, *deductions, *result.flags)
    return Entry(result=result, points=round(points, 2), of=of, remarks=said, deductions=tuple(deductions))


def _for_hints(course: Course, result: Result) -> float:
    """The points that hints cost: of tasks that were done, and no more than they gave."""
    cost = 0.0
    for check, taken in result.hints.items():
        its = result.checks.get(check, {})
        if its.get("outcome") == PASSED:
            cost += min(taken * course.hint_percent, 100) / 100 * its["points"]
    return round(cost, 2)
