"""`ramlab grade`: every submission of a folder, graded, and the book that comes of it."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from containers.errors import UsageError
from ramlab import catalogue, records
from ramlab.grading import book, engines, likeness, pages, sheets
from ramlab.grading.bar import Bar, interrupts_answered
from ramlab.grading.course import Course
from ramlab.grading.store import GRADED, NOT_DONE, NOT_GRADABLE, Result, Store
from ramlab.submission import NotGradable, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MARKS = {GRADED: "✓", NOT_GRADABLE: "✗", NOT_DONE: "!"}


def grade(*, folder: str, out: str, course: str, jobs: int, on: str, limit: float, machine: str, verify: bool) -> int:
    """Grade what is there; what was graded before is not done again. 0 all graded, 1 some cannot be, 4 some could not.

    Writes the book, its pages and the evidence of each attempt. With `verify` nothing is graded: what was written is
    compared with its signatures, 1 where something differs.
    """
    store = Store(Path(out), Course.find(course))
    if verify:
        return _verify(store)
    if limit <= 0:
        raise UsageError("--limit takes some seconds")
    engine = engines.chosen(on, jobs)
    files = sorted(path for path in Path(folder).glob("*") if path.is_file() and not path.name.startswith("."))
    if not files:
        raise UsageError(f"{folder} has no files", hint="it is to hold what was handed in: <student>-<lab>.tar.gz")
    results = []
    with (
        interrupts_answered(),
        closing(Bar(len(files))) as bar,
        closing(engines.graded(files, store, engine, kind=machine, limit=limit, begun=bar.begin)) as ended,
    ):
        for result in ended:
            results.append(result)
            bar.done(_line(result))
    handed_in = _read(files)
    flagged = _borrowed(handed_in, results, store.course)
    whole = book.made(store.course, flagged, likeness.pairs(handed_in.values()))
    sheets.write(Path(out), whole)
    pages.write(Path(out), whole)
    states = {result.state for result in results}
    counts = ", ".join(f"{sum(one.state == state for one in results)} {state}" for state in MARKS if state in states)
    print(f"\n{counts}. The book: {Path(out) / 'grades.csv'}; the evidence: {store.folder / 'evidence'}")
    if whole.pairs:
        print(f"{len(whole.pairs)} pairs of answers are much alike: look at them")
    print(f"To read in a browser: {Path(out) / 'index.html'}, and for each student: {Path(out) / 'students'}")
    return 4 if NOT_DONE in states else int(NOT_GRADABLE in states)


def _verify(store: Store) -> int:
    """Whether results, evidence and book are what was written."""
    if not store.course.secret:
        raise UsageError(
            "without a course secret nothing was signed", hint="name the course that it was graded with: --course FILE"
        )
    wrong = store.wrong()
    told = records.read(store.folder / "grades.json")
    if not told:
        raise UsageError(
            f"{store.folder} has no grades.json", hint="name the folder that ramlab grade wrote: --out DIR"
        )
    if not store.course.holds(told):
        wrong.append(f"{store.folder / 'grades.json'}: not what was signed")
    else:
        wrong += _not_of(told, store)
    for complaint in wrong:
        print(f" ✗ {complaint}")
    count = len(told.get("submissions", []))
    print(
        f"{len(wrong)} differ." if wrong else f"All is as it was signed: the book, {count} results and their evidence."
    )
    return int(bool(wrong))


def _not_of(told: dict[str, Any], store: Store) -> Iterator[str]:
    """What the book says otherwise than its own results do."""
    results = [found for one in told["submissions"] if (found := Result.of_record(one))]
    again = book.made(store.course, results)
    for name, made in {"grades.csv": sheets.grades_csv(again), "junit.xml": sheets.junit(again)}.items():
        path = store.folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != made:
            yield f"{path}: not what the results give"


def _borrowed(handed_in: Mapping[str, Submission], results: Sequence[Result], course: Course) -> list[Result]:
    """The results, with a flag where an answer has the values of somebody else's machine."""
    students = sorted({one.student for one in results if one.student})
    seeds = {student: ticket.seed if (ticket := course.ticket(student)) else student for student in students}
    labs = {name: catalogue.load(name) for name in {one.lab for one in results if one.state == GRADED}}
    everybody = {name: {who: lab.for_student(who, seeds[who]) for who in students} for name, lab in labs.items()}
    flagged = []
    for result in results:
        if result.state == GRADED:
            of_lab = everybody[result.lab]
            others = [its for who, its in of_lab.items() if who != result.student]
            more = likeness.borrowed(handed_in[result.file], of_lab[result.student], others)
            flagged.append(replace(result, flags=[*result.flags, *more]))
        else:
            flagged.append(result)
    return flagged


def _read(files: Sequence[Path]) -> dict[str, Submission]:
    """Those that can be read, by file name, in the order in which they were handed in."""
    found: dict[str, Submission] = {}
    for path in sorted(files, key=lambda path: path.stat().st_mtime):
        with suppress(NotGradable):
            found[path.name] = Submission.read(path)
    return found


def _line(result: Result) -> str:
    reason = result.reason.removeprefix(f"{result.file}: ")
    said = f"{result.points} of {result.of}" if result.state == GRADED else f"{result.state}: {reason}"
    return f" {MARKS[result.state]} {result.file}  {said}".rstrip()
