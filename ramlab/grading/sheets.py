"""The book as files that other programs read: CSV, JSON, JUnit XML, Gradescope's and PrairieLearn's results."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ramlab.grading.store import GRADED, Result, told
from ramlab.verdicts import FAILED, PASSED

if TYPE_CHECKING:
    from pathlib import Path

    from ramlab.grading.book import Book, Entry


def write(folder: Path, book: Book) -> None:
    """Write all of them into `folder`, each at once or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / "grades.csv", grades_csv(book))
    replace(folder / "grades.json", json.dumps(book.course.signed(grades_json(book)), indent=1) + "\n")
    replace(folder / "junit.xml", junit(book))
    for result in book.results:
        name = f"{result.digest[:12]}-{result.student}-{result.lab}.json"
        replace(folder / "gradescope" / name, json.dumps(gradescope(result), indent=1) + "\n")
        replace(folder / "prairielearn" / name, json.dumps(prairielearn(result), indent=1) + "\n")


def grades_csv(book: Book) -> str:
    """A row for each student, a column for each lab, the total and what it comes from."""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(["student", *book.labs, "total", "remarks"])
    for student in book.students:
        mine = book.of_student(student)
        points = [f"{mine[lab].points:g}" if lab in mine and mine[lab].graded else "" for lab in book.labs]
        remarks = [f"{lab}: {remark}" for lab, entry in mine.items() for remark in entry.remarks]
        if book.course.roster and student not in book.course.roster:
            remarks.insert(0, "is not on the roster")
        table.writerow([plain(student), *points, f"{book.total(student):g}", plain("; ".join(remarks))])
    for one in book.not_gradable:
        table.writerow(["", *("" for _ in book.labs), "", plain(f"not gradable: {one.reason}")])
    return buffer.getvalue()


def grades_json(book: Book) -> dict[str, Any]:
    """Everything: the students with what counts, and every file."""
    return {
        "title": book.course.title,
        "students": {
            student: {
                "total": book.total(student),
                "labs": {lab: _counted(entry) for lab, entry in book.of_student(student).items()},
            }
            for student in book.students
        },
        "pairs": [asdict(pair) for pair in book.pairs],
        "submissions": [asdict(result) for result in book.results],
    }


def junit(book: Book) -> str:
    """A suite for each file, a case for each check."""
    suites = ET.Element("testsuites", name=book.course.title)
    for result in book.results:
        suite = ET.SubElement(suites, "testsuite", name=plain(result.file), tests=str(max(1, len(result.checks))))
        for check, its in result.checks.items():
            case = ET.SubElement(suite, "testcase", classname=f"{result.lab}.{result.student}", name=check)
            case.set("time", str(its["seconds"]))
            if its["outcome"] == FAILED:
                ET.SubElement(case, "failure", message=plain(its["message"]))
        if not result.checks:
            case = ET.SubElement(suite, "testcase", classname=plain(result.file), name=result.state)
            kind = "failure" if result.state == GRADED else "error"
            ET.SubElement(case, kind, message=plain(result.reason))
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def gradescope(result: Result) -> dict[str, Any]:
    """What Gradescope's autograder reads from results.json."""
    return {
        "score": result.points,
        "execution_time": round(result.seconds),
        "visibility": "visible",
        "output": plain("\n".join([*filter(None, [result.reason]), *told(result.flags)])),
        "tests": [
            {
                "name": sentence(check),
                "score": its["points"],
                "max_score": its["of"],
                "status": "passed" if its["outcome"] == PASSED else "failed",
                "output": plain(its["message"]),
            }
            for check, its in result.checks.items()
        ],
    }


def prairielearn(result: Result) -> dict[str, Any]:
    """What PrairieLearn's external grading reads from results.json."""
    return {
        "gradable": result.state == GRADED,
        "score": result.points / result.of if result.of else 0,
        "message": plain(result.reason),
        "output": plain("\n".join(told(result.flags))),
        "tests": [
            {
                "name": sentence(check),
                "points": its["points"],
                "max_points": its["of"],
                "message": plain(its["message"]),
            }
            for check, its in result.checks.items()
        ],
    }


def plain(text: str) -> str:
    """Without what XML and terminals cannot hold; and no spreadsheet takes it for a formula."""
    shown = printable(text)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@") else shown


def printable(text: str) -> str:
    """With a `?` for each letter that XML and terminals cannot hold, or that turns what stands around it about."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def replace(path: Path, text: str) -> None:
    """Write a file, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f"{path.suffix}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _counted(entry: Entry) -> dict[str, Any]:
    return {
        "file": entry.result.file,
        "state": entry.result.state,
        "points": entry.points,
        "of": entry.of,
        "remarks": list(entry.remarks),
    }


def sentence(check: str) -> str:
    """The check's name as words, where nobody has its task's sentence."""
    return check.removeprefix("test_").replace("_", " ")
