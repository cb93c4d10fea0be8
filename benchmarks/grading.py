"""What grading adds to the attempts that it is made of. Writes guide/results/grading*.md.

usage: python benchmarks/grading.py [--quick] [--lab NAME] [--students N] [--hostile N]

Makes a class (tests/make_class.py), makes each answer's attempt without grading, and then grades the class, both two at
a time. CPU time is what the host's processors were busy, so run it on a host that does nothing else.
"""

import argparse
import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LABS = {
    # A task of each kind; its attempts are the shortest there are, so what is added to them shows.
    "90_vault": ROOT / "tests" / "cheats" / "labs" / "90_vault",
    "05_oom": ROOT / "labs" / "05_oom",
}
JOBS = 2
ALONE = 4
"""Bare attempts that are measured one at a time."""
LEAST_EFFICIENCY, MOST_CPU = 0.9, 1.1


@dataclass(frozen=True)
class Cost:
    """Seconds: of the wall clock, and that the processors were busy."""

    wall: float
    cpu: float


def main() -> int:
    """Measure, print the page and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="4 students; writes nothing")
    parser.add_argument("--lab", choices=list(LABS), default="90_vault")
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--hostile", type=int, default=10, help="how many of them; measured apart")
    words = parser.parse_args()
    students, hostile = (4, 0) if words.quick else (words.students, words.hostile)

    from bench import Bench
    from page import host, load, table

    from containers import templates
    from containers.errors import RamlabError
    from containers.machine import silent
    from ramlab import catalogue

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    before = load()
    try:
        with Bench() as bench:
            os.environ["RAMLAB_LABS"] = str(LABS[words.lab].parent)
            lab = catalogue.load(words.lab, "bench")
            template = templates.ensure(lab.shape, silent)
            made = _class(bench.folder / "class", lab.name, students - hostile, (students - hostile) * 2 // 5, 0)
            students_of = _students(made)
            alone = [_bare(lab.folder, made, [student]) for student in students_of[:ALONE]]
            bare = _bare(lab.folder, made, students_of)
            graded, right = _graded(made)
            others = _class(bench.folder / "hostile", lab.name, hostile, 0, hostile) if hostile else None
            apart, refused = _graded(others) if others else (None, "")
            about = host(template, (before, load()))
    except (RamlabError, subprocess.SubprocessError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    count, alone_cpu = len(students_of), sum(cost.cpu for cost in alone) / len(alone)
    efficiency, each = bare.cpu / (JOBS * graded.wall), graded.cpu / bare.cpu

    rows = [
        [f"{count} bare attempts, {JOBS} at once", f"{bare.wall:.0f}", f"{bare.cpu:.0f}", ""],
        [f"`ramlab grade --jobs {JOBS}`, the same {count}", f"{graded.wall:.0f}", f"{graded.cpu:.0f}", right],
    ]
    if apart:
        rows.append(
            [f"`ramlab grade --jobs {JOBS}`, {hostile} hostile", f"{apart.wall:.0f}", f"{apart.cpu:.0f}", refused]
        )
    text = "\n".join([
        "# What grading costs", "",
        f"Written by `python benchmarks/grading.py --lab {words.lab}`; do not edit.",
        f"A class of {students}; {hostile} are hostile, graded apart: they wait for deadlines."
        if hostile else f"A class of {students}, none of them hostile.",
        "A bare attempt is `pytest labs/LAB --answer FILE`; when it is",
        "graded, the answer is read from the archive, the witness looks, evidence and result are written, and the book",
        "is made. CPU time is what the host's processors were busy meanwhile, whoever made them so. Bare attempts run",
        f"{JOBS} at once as well: alone, {len(alone)} of them took {alone_cpu:.1f} s of CPU each, and {JOBS} at once",
        f"{bare.cpu / count:.1f} s, for a guest's CPUs wait for each other while the host's are taken.", "",
        table(["ratio", "figure", "target", ""], [
            [f"efficiency: CPU of bare attempts / ({JOBS} x wall time of grading)", f"{efficiency:.2f}",
             f">= {LEAST_EFFICIENCY}", "met" if efficiency >= LEAST_EFFICIENCY else "**missed**"],
            ["CPU of grading / CPU of bare attempts", f"{each:.2f}",
             f"<= {MOST_CPU}", "met" if each <= MOST_CPU else "**missed**"],
        ]), "",
        table(["", "wall time, s", "CPU time, s", "grades that are the known ones"], rows), "",
        "## Host", "", *about, "",
    ])  # fmt: skip
    print(text)
    if not words.quick:
        name = "grading.md" if words.lab == "90_vault" else f"grading_{words.lab}.md"
        (ROOT / "guide" / "results" / name).write_text(text)
    return 0


def _class(out: Path, lab: str, students: int, wrong: int, hostile: int) -> Path:
    numbers = ["--students", students, "--wrong", wrong, "--hostile", hostile]
    _run(ROOT / "tests" / "make_class.py", "--lab", lab, "--out", out, *numbers)
    return out


def _students(made: Path) -> list[str]:
    with made.with_name(f"{made.name}.known.csv").open() as file:
        return [row["student"] for row in csv.DictReader(file)]


def _bare(lab: Path, made: Path, students: list[str]) -> Cost:
    """Their attempts as an author makes them, as many at once as are graded at once."""
    from ramlab.submission import Submission

    def attempt(student: str) -> None:
        with tempfile.TemporaryDirectory() as place:
            answer = Path(place) / "answer.sh"
            answer.write_bytes(Submission.read(made / f"{student}-{lab.name}.tar.gz").answer)
            words = ["--answer", answer, "--student", student, "--attempt-report", f"{place}/report.json"]
            _run("-m", "pytest", lab, *words, "-p", "no:cacheprovider", "-q", status=(0, 1))

    wall, cpu = time.monotonic(), _busy()
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(attempt, students))
    return Cost(time.monotonic() - wall, _busy() - cpu)


def _graded(made: Path) -> tuple[Cost, str]:
    """What grading the class costs, and how many grades are the known ones."""
    out = made.with_name(f"{made.name}-grades")
    cost = _measured("-m", "ramlab.cli", "grade", made, "--out", out, "--jobs", JOBS, status=(0, 1, 4))
    said = subprocess.run(
        [sys.executable, ROOT / "tests" / "make_class.py", "--out", made, "--compare", out],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    print(said, file=sys.stderr)
    return cost, said.splitlines()[-1].partition(" grades")[0]


def _measured(*argv: object, status: tuple[int, ...]) -> Cost:
    wall, cpu = time.monotonic(), _busy()
    _run(*argv, status=status)
    return Cost(time.monotonic() - wall, _busy() - cpu)


def _run(*argv: object, status: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run([sys.executable, *map(str, argv)], capture_output=True, text=True, check=False)
    if done.returncode not in status:
        raise subprocess.SubprocessError(
            f"{argv} ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}"
        )


def _busy() -> float:
    """Seconds that all processors together were not idle since the boot: user, nice, system, irq, softirq."""
    user, nice, system, _idle, _iowait, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
