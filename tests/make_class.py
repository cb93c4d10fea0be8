"""Makes a class: what students might hand in for a lab, and the grade that each of them has to get.

usage: python tests/make_class.py --students 20 --out class [--lab LAB] [--wrong N] [--hostile N] [--seed N]
       python tests/make_class.py --compare grades --out class

Writes class/<student>-<lab>.tar.gz and, beside the folder, class.known.csv. With --compare, grades/grades.csv is held
against that; exit status 1 where a grade is another one.

Answers are made of the parts of the lab's reference answer, each of which is named after its tasks (`# 4 and 5. …`):
who left out a part does not have its points. The hostile ones are cheats of tests/cheats, and files that are none.
"""

import argparse
import csv
import gzip
import io
import random
import re
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from ramlab import catalogue
from ramlab.submission import Manifest, Submission, version_of

CHEATS = Path(__file__).parent / "cheats" / "answers"
HARMFUL = ("fork_bomb", "kills_everything", "path_and_alias", "powers_off", "prints_a_report", "replaced_programs")
"""Cheats that no lab gives a point for, whatever it is about."""
LABS = ("05_oom", "90_vault")
"""Those whose reference answers have parts of which none needs another. 90_vault is in tests/cheats/labs."""


@dataclass(frozen=True)
class Known:
    """What has to come of a file."""

    file: str
    student: str
    grade: str
    """Points; or `not gradable`."""


def main() -> int:
    """Make the class, or compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument("--wrong", type=int, help="how many of them have left something out (default: a third)")
    parser.add_argument("--hostile", type=int, help="how many of them want to do harm (default: a sixth)")
    parser.add_argument("--lab", choices=LABS, default=LABS[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--compare", type=Path, metavar="GRADES")
    words = parser.parse_args()
    if words.compare:
        return compare(known_of(words.out), words.compare / "grades.csv")
    wrong = words.students // 3 if words.wrong is None else words.wrong
    hostile = words.students // 6 if words.hostile is None else words.hostile
    make(words.out, words.lab, words.students, wrong, hostile, random.Random(words.seed))  # noqa: S311 -- no secret
    return 0


def make(out: Path, lab_name: str, students: int, wrong: int, hostile: int, luck: random.Random) -> None:
    """Write the files, and what is known of them."""
    lab = catalogue.load(lab_name, "nobody")
    parts = parts_of((lab.folder / ".meta" / "solution.sh").read_text())
    out.mkdir(parents=True, exist_ok=True)
    kinds = ["wrong"] * wrong + ["hostile"] * hostile + ["right"] * (students - wrong - hostile)
    luck.shuffle(kinds)
    known = []
    for number, kind in enumerate(kinds, 1):
        student = f"student{number:03}"
        if kind == "hostile":
            known.append(_hostile(out, lab, student, luck))
            continue
        chosen = set(range(len(parts)))
        if kind == "wrong":
            chosen = set(luck.sample(sorted(chosen), luck.randrange(len(parts))))
        done = {task for index in chosen for task in parts[index][0]}
        answer = "".join(text for index, (tasks, text) in enumerate(parts) if index in chosen or not tasks)
        points = sum(task.points for task in lab.tasks if task.number in done)
        known.append(_hand_in(out, lab, student, answer or "true\n", f"{points}"))
    with known_path(out).open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["file", "student", "grade"])
        table.writerows([one.file, one.student, one.grade] for one in known)
    print(f"{out}: {len(known)} files, {wrong} wrong, {hostile} hostile; known grades: {known_path(out)}")


def parts_of(solution: str) -> list[tuple[frozenset[int], str]]:
    """The parts of a reference answer, each with the numbers of its tasks; the one before the first has none."""
    head, *rest = re.split(r"(?m)^(?=# \d)", solution)
    parts = [(frozenset[int](), head)]
    for text in rest:
        tasks = re.match(r"# (?:(?:, | and )?\d+)+", text)
        assert tasks, text.splitlines()[0]
        parts.append((frozenset(map(int, re.findall(r"\d+", tasks[0]))), text))
    return parts


def compare(known: list[Known], path: Path) -> int:
    """Say which grade is not the known one."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    of_student = {row["student"]: row for row in rows if row["student"]}
    reasons = [row["remarks"] for row in rows if not row["student"]]
    differ = 0
    for one in known:
        named = any(one.file in reason for reason in reasons)
        seen = "not gradable" if named else of_student.get(one.student, {}).get("total", "nothing")
        if seen != one.grade:
            differ += 1
            print(f"{one.file}: {seen}, it has to be {one.grade}")
    print(f"{len(known) - differ} of {len(known)} grades are the known ones.")
    return int(differ > 0)


def known_path(out: Path) -> Path:
    """Where the known grades are: beside the folder, which is to hold nothing else than what was handed in."""
    return out.with_name(f"{out.name}.known.csv")


def known_of(out: Path) -> list[Known]:
    """What was known when the class was made."""
    with known_path(out).open() as file:
        return [Known(**row) for row in csv.DictReader(file)]


def _hand_in(out: Path, lab: catalogue.Lab, student: str, answer: str, grade: str) -> Known:
    made = _submission(lab, student, answer)
    (out / made.name).write_bytes(made.packed())
    return Known(made.name, student, grade)


def _submission(lab: catalogue.Lab, student: str, answer: str) -> Submission:
    manifest = Manifest(student=student, lab=lab.name, lab_version=version_of(lab), image="any")
    return Submission(manifest=manifest, answer=answer.encode(), values={}, checks={})


def _hostile(out: Path, lab: catalogue.Lab, student: str, luck: random.Random) -> Known:
    """A cheat, or a file that must not even be opened."""
    if luck.random() < 1 / 2:
        cheat = luck.choice(HARMFUL)
        return _hand_in(out, lab, student, (CHEATS / f"{cheat}.sh").read_text(), "0")
    name = f"{student}-{lab.name}.tar.gz"
    (out / name).write_bytes(luck.choice(BROKEN)(_submission(lab, student, "true\n")))
    return Known(name, student, "not gradable")


def _archive(*members: tuple[str, bytes, bytes]) -> bytes:
    """A tar.gz of these: name, type, content (of a link: where to)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind, content in members:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            if kind == tarfile.REGTYPE:
                entry.size = len(content)
            else:
                entry.linkname = content.decode()
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue())


BROKEN = (
    lambda right: right.packed()[:-20],
    lambda _: gzip.compress(bytes(50_000_000)),
    lambda _: _archive(("/etc/cron.d/x", tarfile.REGTYPE, b"* * * * * root true\n")),
    lambda _: _archive(("../../x", tarfile.REGTYPE, b"x")),
    lambda _: _archive(("answer.sh", tarfile.SYMTYPE, b"/etc/shadow")),
    lambda right: _submission_of("somebody", right).packed(),
    lambda _: b"",
)


def _submission_of(student: str, right: Submission) -> Submission:
    """The same file, that says of itself that it is somebody else's."""
    manifest = Manifest(student=student, lab=right.manifest.lab, lab_version="1", image="any")
    return Submission(manifest=manifest, answer=right.answer, values={}, checks={})


if __name__ == "__main__":
    sys.exit(main())
