"""What is measured: starts side by side, memory of many machines, checks of a lab."""

import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import EMPTY, HERE, ROOT, SHAPE, Bench

from containers import machines, templates
from containers.errors import RamlabError
from containers.vm import VmMachine
from ramlab import catalogue

PYTEST = Path(sys.executable).parent / "pytest"
Say = Callable[[str], None]


@dataclass
class Starts:
    """Wall times in seconds, one entry per round."""

    floor: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    exec: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    lab: list[float] = field(default_factory=list)
    help: list[float] = field(default_factory=list)

    @property
    def both(self) -> list[float]:
        """`ramlab start` and the first `ramlab exec` together."""
        return [start + execute for start, execute in zip(self.start, self.exec, strict=True)]

    def to_floor(self) -> float:
        """(b)/(a)."""
        return median(self.both) / median(self.floor)

    def from_cold(self) -> float:
        """(c)/(b)."""
        return median(self.cold) / median(self.both)


@dataclass(frozen=True)
class Memory:
    """What QEMU processes take, in MB (10^6 bytes), while `alive` machines run and have answered."""

    alive: int
    dirty: list[float]
    clean: list[float]
    slowest: float
    """Seconds that the slowest `ramlab exec` took."""


@dataclass(frozen=True)
class Check:
    """One check on the solved machine."""

    name: str
    presses: bool
    """Whether it applies the workload; the others only look."""
    seconds: float
    trips: int
    """Round trips of its own."""
    fixtures: int
    """Round trips of fixtures that it was the first to ask for, or the last to use."""
    passed: bool


@dataclass
class Checks:
    """`pytest` on a machine that is up, wall time in seconds."""

    untouched: float
    solved: float
    looking: list[float]
    each: list[Check]


def starts(bench: Bench, repeats: int, colds: int, lab: Path | None, say: Say) -> Starts:
    """Interleaved, so that whatever else the host does meets all alike."""
    template = templates.ensure(SHAPE, say)
    bench.floor(template)  # reads template and programs into the page cache; not counted
    bench.product()
    if lab:
        bench.start(lab)
    result = Starts()
    for index in range(repeats):
        result.floor.append(bench.floor(template))
        start, execute = bench.product()
        result.start.append(start)
        result.exec.append(execute)
        if index < colds:
            result.cold.append(bench.cold(template))
        if lab:
            result.lab.append(bench.start(lab))
        result.help.append(bench.ramlab("--help"))
        figures = (f"{name} {times[-1]:.2f}" for name, times in vars(result).items() if times)
        say(f"round {index + 1} of {repeats}: {', '.join(figures)}")
    return result


def memory(bench: Bench, counts: tuple[int, ...], say: Say) -> list[Memory]:
    """Private memory with `counts` machines of the empty lab alive."""
    result = []
    students: list[str] = []
    try:
        for count in counts:
            while len(students) < count:
                students.append(f"s{len(students) + 1}")
                bench.ramlab("start", EMPTY, "--student", students[-1], "--no-shell")
            slowest = max(bench.ramlab("exec", EMPTY, "--student", one, "--", "true") for one in students)
            alive = [machine for machine in machines.every() if isinstance(machine, VmMachine)]
            rolled = [_smaps(machine.record.pid) for machine in alive]
            dirty, clean = ([one[key] for one in rolled] for key in ("Private_Dirty", "Private_Clean"))
            result.append(Memory(len(alive), dirty, clean, slowest))
            say(f"{len(alive)} alive: {median(dirty):.0f} MB each, slowest exec {slowest:.2f} s")
    finally:
        bench.ramlab("stop", "--all")
    return result


def checks(bench: Bench, lab: Path, repeats: int, say: Say) -> Checks:
    """`pytest` on the lab's machine: untouched, then solved, then only the checks that look."""
    junit, trips = bench.folder / "junit.xml", bench.folder / "trips.json"
    options = ["-p", "round_trips", "-o", f"cache_dir={bench.folder / 'cache'}", f"--junitxml={junit}"]

    def pytest(*words: str) -> float:
        return bench.run(
            PYTEST, lab.relative_to(ROOT), *options, *words, status=(0, 1),
            RAMLAB_LABS=str(lab.parent), RAMLAB_ROUND_TRIPS=str(trips), PYTHONPATH=str(HERE),
        )  # fmt: skip

    bench.ramlab("start", lab.name, "--no-shell", labs=lab.parent)
    try:
        untouched = pytest()
        say(f"checks of an untouched machine {untouched:.1f} s")
        answer = (lab / ".meta" / "solution.sh").read_text()
        bench.ramlab("exec", lab.name, "--", "sh", "-s", labs=lab.parent, stdin=answer)
        solved = pytest()
        say(f"checks of a solved machine {solved:.1f} s")
        each = _each(lab, junit, json.loads(trips.read_text()))
        only = " or ".join(check.name for check in each if not check.presses)
        looking = [pytest("-k", only) for _ in range(repeats)]
    finally:
        bench.ramlab("stop", lab.name, labs=lab.parent)
    return Checks(untouched, solved, looking, each)


def _each(lab: Path, junit: Path, trips: dict[str, dict[str, int]]) -> list[Check]:
    presses = _pressing(catalogue.checks_of(lab))
    result = []
    for case in ET.parse(junit).iter("testcase"):  # noqa: S314 -- pytest wrote it just now
        name = case.get("name", "")
        count = trips.get(name, {})
        result.append(
            Check(
                name=name,
                presses=name.partition("[")[0] in presses,
                seconds=float(case.get("time", "0")),
                trips=count.get("call", 0),
                fixtures=count.get("setup", 0) + count.get("teardown", 0),
                passed=len(case.findall("failure") + case.findall("error") + case.findall("skipped")) == 0,
            )
        )
    return result


def _pressing(checks: Path) -> set[str]:
    """The checks that ask for the fixture `workload`."""
    import ast

    functions = (item for item in ast.parse(checks.read_text()).body if isinstance(item, ast.FunctionDef))
    return {item.name for item in functions if "workload" in {argument.arg for argument in item.args.args}}


def _smaps(pid: int) -> dict[str, float]:
    """/proc/PID/smaps_rollup in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {key: int(value.split()[0]) * 1024 / 1e6 for key, _, value in (line.partition(":") for line in lines)}


def loads(lab: Path) -> str:
    """Why the lab cannot be measured; empty where it can."""
    try:
        catalogue.Lab.load(lab)
    except RamlabError as error:
        return error.message
    return "" if (lab / ".meta" / "solution.sh").is_file() else f"{lab.name} has no solution yet"
