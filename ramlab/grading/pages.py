"""The book as pages that people read: a report of the class, and for each student a page that may be sent to them.

What students have made is hostile text. Every expression of a template is escaped and loses what cannot be printed,
without its author thinking of it; and no page loads anything, runs anything, or needs a network.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from containers.errors import UsageError
from ramlab import places
from ramlab.catalogue import Lab
from ramlab.grading import charts, wrongs
from ramlab.grading.course import said
from ramlab.grading.sheets import printable, replace, sentence
from ramlab.grading.store import GRADED, NOT_DONE, NOT_GRADABLE, told
from ramlab.grading.words import HANDED_IN
from ramlab.verdicts import FAILED, PASSED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ramlab.grading.book import Book, Entry
    from ramlab.grading.course import Course
    from ramlab.grading.store import Result
    from ramlab.grading.words import Words
    from ramlab.grading.wrongs import Wrong

MARK = '<meta name="generator" content="ramlab grade" />'
"""What says that a page is ours to remove."""
TOP = 12
"""Wrong states of the whole class that are shown first."""
OF_A_TASK = 5
"""Wrong states that are shown with each task."""
DONE, NOT_YET, NOT_COUNTED, NOT_CHECKED = "done", "not done", "done, but not counted", "not checked"


@dataclass(frozen=True, kw_only=True)
class Bullet:
    """One task of a lab, and how the class has done."""

    number: int | None
    """None where the lab has no such task any more."""
    sentence: str
    points: int
    done: int
    of: int
    """How many have a grade in this lab."""
    wrongs: Sequence[Wrong]


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One lab, and how the class has done."""

    name: str
    title: str
    """Empty where the lab cannot be read."""
    handed_in: int
    """Students."""
    graded: int
    """Students."""
    mean: float
    """Points of those graded; 0 where there are none."""
    of: float
    tasks: Sequence[Bullet]
    broken: Sequence[Wrong]
    """Answers that left nothing to check."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One student in the class's table."""

    student: str
    total: float
    entries: Mapping[str, Entry]
    late: Sequence[str]
    remarks: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One task on a student's own page."""

    number: int | None
    sentence: str
    state: str
    """DONE, NOT_YET, NOT_COUNTED or NOT_CHECKED."""
    points: int
    of: int
    facts: Mapping[str, str]
    """Of a task that is not done: `seen`, `expected`, `next`, as far as the check has said so."""


@dataclass(frozen=True, kw_only=True)
class Own:
    """One lab on a student's own page. Whatever stands here the student may read."""

    name: str
    title: str
    due: float
    """In seconds since 1970; 0: at no time."""
    weight: int
    handed_in: bool
    graded: bool
    submitted: float
    """In seconds since 1970; 0: its file has no time that could be."""
    digest: str
    points: float
    of: float
    raw: int
    """Points of the tasks, before they are scaled to what the lab is worth and anything is taken off."""
    raw_of: int
    reason: str
    deductions: Sequence[str]
    notes: Sequence[str]
    tasks: Sequence[Check]


def write(folder: Path, book: Book, words: Words = HANDED_IN) -> None:
    """Write `index.html` and `students/<id>.html` into `folder`, each at once or not at all.

    A page that was written before and whose student is no longer in the book goes.
    """
    environment, labs, now = _environment(), {name: _lab(name) for name in book.labs}, time.time()
    most = round(sum(_of(book, name, lab) * _weight(book.course, name) for name, lab in labs.items()), 2)
    report = environment.get_template("index.html").render(**_report(book, labs, most, words), now=now)
    replace(folder / "index.html", report)
    page = environment.get_template("student.html")
    for student in book.students:
        mine = book.of_student(student)
        parts = [_own(book.course, name, lab, _of(book, name, lab), mine.get(name)) for name, lab in labs.items()]
        context = {
            "words": words,
            "title": book.course.title,
            "student": student,
            "total": book.total(student),
            "most": most,
        }
        replace(folder / "students" / f"{student}.html", page.render(**context, labs=parts, now=now))
    for path in (folder / "students").glob("*.html"):
        if path.stem not in book.students and MARK in path.read_text(encoding="utf-8", errors="replace"):
            path.unlink()


# -- the class -------------------------------------------------------------------------------------------------------


def _report(book: Book, labs: Mapping[str, Lab | None], most: float, words: Words) -> dict[str, Any]:
    states = wrongs.of_class(book, labs)
    lines = [_line(book, student) for student in book.students]
    whole = [line.total for line in lines if line.entries and all(its.graded for its in line.entries.values())]
    due = {name: terms.due if (terms := book.course.terms(name)) else None for name in labs}
    files = {name: [one.submitted for one in book.results if one.lab == name] for name in labs}
    return {
        "words": words,
        "title": book.course.title,
        "numbers": _numbers(book, lines, words),
        "stuck": [one for one in book.results if one.state == NOT_DONE],
        "bins": charts.histogram(whole, most),
        "counted": len(whole),
        "most": most,
        "wrongs": states[:TOP],
        "sentences": {(its.lab, its.check): _task(labs.get(its.lab), its.check)[1] for its in states[:TOP]},
        "chapters": [_chapter(book, name, lab, states) for name, lab in labs.items()],
        "timeline": charts.timeline(files, due),
        "labs": list(labs),
        "lines": lines,
        "pairs": book.pairs,
        "not_gradable": book.not_gradable,
        "of_a_task": OF_A_TASK,
    }


def _numbers(book: Book, lines: Sequence[Line], words: Words) -> dict[str, int]:
    counts = {state: sum(one.state == state for one in book.results) for state in (GRADED, NOT_GRADABLE, NOT_DONE)}
    handed_in = sum(bool(line.entries) for line in lines)
    return {"students": len(lines), f"have {words.have}": handed_in, words.more: len(book.results), **counts}


def _line(book: Book, student: str) -> Line:
    entries = book.of_student(student)
    results = [one for one in book.results if one.student == student]
    remarks = [f"{one.lab}: {flag}" for one in results for flag in one.flags]
    if book.course.roster and student not in book.course.roster:
        remarks.insert(0, "is not on the roster")
    late = [text for name, entry in entries.items() if (text := _late(book.course, name, entry))]
    remarks = list(dict.fromkeys(remarks))
    return Line(student=student, total=book.total(student), entries=entries, late=late, remarks=remarks)


def _late(course: Course, lab: str, entry: Entry) -> str:
    """How late the file that counts is; empty where it is not. Each day that has begun counts."""
    due = _due(course, lab)
    if not due or entry.result.submitted <= due:
        return ""
    days = math.ceil((entry.result.submitted - due) / charts.DAY)
    return f"{lab}: {days} day{'s' if days > 1 else ''}"


def _chapter(book: Book, name: str, lab: Lab | None, states: Sequence[Wrong]) -> Chapter:
    entries = [entry for (_, of), entry in book.entries.items() if of == name]
    graded = [entry for entry in entries if entry.graded]
    here = [wrong for wrong in states if wrong.lab == name]
    return Chapter(
        name=name,
        title=lab.title if lab else "",
        handed_in=len(entries),
        graded=len(graded),
        mean=sum(entry.points for entry in graded) / len(graded) if graded else 0.0,
        of=_of(book, name, lab),
        tasks=[_bullet(check, lab, graded, here) for check in _checks(lab, [entry.result for entry in graded])],
        broken=[wrong for wrong in here if not wrong.check],
    )


def _bullet(check: str, lab: Lab | None, graded: Sequence[Entry], states: Sequence[Wrong]) -> Bullet:
    number, words = _task(lab, check)
    told = [entry.result.checks[check] for entry in graded if check in entry.result.checks]
    worth = lab.by_check[check].points if lab and number else max(its["of"] for its in told)
    return Bullet(
        number=number,
        sentence=words,
        points=worth,
        done=sum(_state(its) == DONE for its in told),
        of=len(graded),
        wrongs=[wrong for wrong in states if wrong.check == check],
    )


# -- a student -------------------------------------------------------------------------------------------------------


def _own(course: Course, name: str, lab: Lab | None, of: float, entry: Entry | None) -> Own:
    result = entry.result if entry else None
    graded = bool(entry and entry.graded)
    return Own(
        name=name,
        title=lab.title if lab else "",
        due=_due(course, name),
        weight=_weight(course, name),
        handed_in=bool(entry),
        graded=graded,
        submitted=result.submitted if result and charts.is_time(result.submitted) else 0.0,
        digest=result.digest[:12] if result else "",
        points=entry.points if entry else 0.0,
        of=entry.of if entry else of,
        raw=result.points if result else 0,
        raw_of=result.of if result else 0,
        # Why we could not grade it is our affair, and may tell of this computer.
        reason=wrongs.parts(result.reason).get("seen", "") if result and graded else "",
        deductions=entry.deductions if entry else (),
        notes=told(result.flags) if result else (),
        tasks=[_check(check, lab, result) for check in _checks(lab, [result])] if result and graded else (),
    )


def _check(check: str, lab: Lab | None, result: Result) -> Check:
    number, words = _task(lab, check)
    its = result.checks.get(check)
    return Check(
        number=number,
        sentence=words,
        state=_state(its),
        points=its["points"] if its else 0,
        of=its["of"] if its else (lab.by_check[check].points if lab and number else 0),
        facts=wrongs.parts(its["message"]) if its and its["outcome"] == FAILED else {},
    )


# -- what both ask ---------------------------------------------------------------------------------------------------


def _lab(name: str) -> Lab | None:
    """The lab's words; None where it is gone or cannot be read: the book is written all the same."""
    try:
        return Lab.load(places.resolve(name))
    except UsageError:
        return None


def _checks(lab: Lab | None, results: Sequence[Result]) -> list[str]:
    """The lab's checks in its order, then those that only results have."""
    ours = [task.check for task in lab.tasks] if lab else []
    return list(dict.fromkeys([*ours, *(check for result in results for check in result.checks)]))


def _task(lab: Lab | None, check: str) -> tuple[int | None, str]:
    """The number and the sentence of the check's task; without the lab, its name as words."""
    task = lab.by_check.get(check) if lab else None
    return (task.number, task.sentence) if task else (None, sentence(check))


def _state(its: Mapping[str, Any] | None) -> str:
    if its is None:
        return NOT_CHECKED
    if its["outcome"] != PASSED:
        return NOT_YET
    return DONE if its["points"] else NOT_COUNTED


def _due(course: Course, lab: str) -> float:
    """In seconds since 1970; 0: at no time."""
    terms = course.terms(lab)
    return terms.due.timestamp() if terms and terms.due else 0.0


def _weight(course: Course, lab: str) -> int:
    terms = course.terms(lab)
    return terms.weight if terms else 0


def _of(book: Book, name: str, lab: Lab | None) -> float:
    """What the lab is worth, in points."""
    terms = book.course.terms(name)
    if terms and terms.points:
        return float(terms.points)
    if lab:
        return float(lab.points)
    return max((entry.of for (_, its), entry in book.entries.items() if its == name), default=0.0)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ramlab.grading"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.globals["mark"] = Markup(MARK)  # noqa: S704 -- ours
    environment.filters.update(moment=said, points=_points, percent=_percent)
    return environment


def _shown(value: object) -> object:
    """What an expression of a template becomes before it is escaped."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _points(value: float) -> str:
    """`7`, `7.5`, `7.25`."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _percent(part: float, whole: float) -> str:
    """`46.7`; `0` of nothing."""
    return f"{100 * part / whole:.1f}".removesuffix(".0") if whole else "0"
