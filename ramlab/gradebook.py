"""`ramlab grade`: every submission of a folder, graded, and the book that comes of it."""

from __future__ import annotations

import csv
import io
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from containers.errors import UsageError
from ramlab import records
from ramlab.children import Children
from ramlab.grading import GRADED, NOT_DONE, NOT_GRADABLE, Result, Store, grade_one
from ramlab.verdicts import FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

MARKS = {GRADED: "✓", NOT_GRADABLE: "✗", NOT_DONE: "!"}


def grade(*, folder: str, out: str, jobs: int, limit: float, machine: str) -> int:
    """Grade what is there; what was graded before is not done again. 0 all graded, 1 some cannot be, 4 some could not.

    Writes grades.csv, grades.json and junit.xml, and the evidence of each attempt.
    """
    if jobs < 1 or limit <= 0:
        raise UsageError("--jobs takes 1 or more, --limit some seconds")
    files = sorted(path for path in Path(folder).glob("*") if path.is_file() and not path.name.startswith("."))
    if not files:
        raise UsageError(f"{folder} has no files", hint="it is to hold what was handed in: <student>-<lab>.tar.gz")
    store, children = Store(Path(out)), Children()
    results: list[Result] = []
    with ThreadPoolExecutor(jobs) as pool:
        try:
            waiting = [pool.submit(grade_one, path, store, children, kind=machine, limit=limit) for path in files]
            for done in as_completed(waiting):
                results.append(done.result())
                _line(len(results), len(files), results[-1])
        except BaseException:  # Ctrl-C
            children.close()
            pool.shutdown(cancel_futures=True)
            raise
    write(Path(out), results)
    states = {result.state for result in results}
    counts = ", ".join(f"{sum(one.state == state for one in results)} {state}" for state in MARKS if state in states)
    print(f"\n{counts}. The book: {Path(out) / 'grades.csv'}; the evidence: {store.folder / 'evidence'}")
    return 4 if NOT_DONE in states else int(NOT_GRADABLE in states)


def write(folder: Path, results: Sequence[Result]) -> None:
    """Write the book: of several files of one student for one lab the best counts."""
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(results, key=lambda result: (result.student, result.lab, result.file))
    records.write(folder / "grades.json", {"submissions": [asdict(result) for result in ordered]})
    _replace(folder / "grades.csv", _csv(ordered))
    _replace(folder / "junit.xml", _junit(ordered))


def best(results: Sequence[Result]) -> dict[tuple[str, str], Result]:
    """By student and lab, the one that counts."""
    chosen: dict[tuple[str, str], Result] = {}
    for result in results:
        place = (result.student, result.lab)
        if result.state != NOT_GRADABLE and (place not in chosen or _rank(result) > _rank(chosen[place])):
            chosen[place] = result
    return chosen


def _rank(result: Result) -> tuple[bool, int]:
    return result.state == GRADED, result.points


def _csv(results: Sequence[Result]) -> str:
    counted = best(results)
    labs = sorted({lab for _, lab in counted})
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(["student", *labs, "total", "remarks"])
    for student in sorted({student for student, _ in counted}):
        mine = {lab: counted[student, lab] for lab in labs if (student, lab) in counted}
        points = {lab: one.points for lab, one in mine.items() if one.state == GRADED}
        remarks = [f"{lab}: {remark}" for lab, one in mine.items() for remark in _remarks(one)]
        table.writerow([student, *(points.get(lab, "") for lab in labs), sum(points.values()), "; ".join(remarks)])
    for one in results:
        if one.state == NOT_GRADABLE:
            table.writerow(["", *("" for _ in labs), "", f"not gradable: {one.reason}"])
    return buffer.getvalue()


def _remarks(result: Result) -> list[str]:
    if result.state != GRADED:
        return [f"{result.state}: {result.reason}"]
    failed = [check.removeprefix("test_") for check, its in result.checks.items() if its["outcome"] == FAILED]
    not_done = f"not done: {', '.join(failed)}" if failed else ""
    return [remark for remark in (not_done, result.reason, *result.flags) if remark]


def _junit(results: Sequence[Result]) -> str:
    suites = ET.Element("testsuites", name="ramlab grade")
    for result in results:
        suite = ET.SubElement(suites, "testsuite", name=result.file, tests=str(max(1, len(result.checks))))
        for check, its in result.checks.items():
            case = ET.SubElement(suite, "testcase", classname=f"{result.lab}.{result.student}", name=check)
            case.set("time", str(its["seconds"]))
            if its["outcome"] == FAILED:
                ET.SubElement(case, "failure", message=_plain(its["message"]))
        if not result.checks:
            case = ET.SubElement(suite, "testcase", classname=result.file, name=result.state)
            kind = "failure" if result.state == GRADED else "error"
            ET.SubElement(case, kind, message=_plain(result.reason))
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(f"{path.suffix}.draft")
    draft.write_text(text)
    draft.replace(path)


def _line(number: int, of: int, result: Result) -> None:
    said = f"{result.points} of {result.of}" if result.state == GRADED else f"{result.state}: {result.reason}"
    print(f" {MARKS[result.state]} {number}/{of}  {result.file}  {said}".rstrip())
    sys.stdout.flush()
