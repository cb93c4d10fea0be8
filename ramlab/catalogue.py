"""The labs: what each one's lab.toml says, and where the labs are."""

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from containers.errors import UsageError
from containers.needs import NEEDS
from containers.shape import Shape
from ramlab import places, tickets
from ramlab.places import check_student, labs_folder, machine_name, names, resolve
from ramlab.tables import Table, nearest

LEVELS = ("beginner", "intermediate", "advanced")
TASK_KINDS = ("find out", "set up", "make it hold")

_NAME = re.compile(r"(\d\d)_([a-z][a-z0-9_]*)")

Parameter = int | str


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing that the learner has to do or find out."""

    number: int
    """Its place in the README's list, from 1."""
    check: str
    """The function that checks it."""
    sentence: str
    """The check's docstring: what holds when the task is done."""
    kind: str
    """One of TASK_KINDS."""
    points: int
    hints: tuple[str, ...]
    machine: str = ""
    """Which of the lab's machines it is about; empty for the first one."""


@dataclass(frozen=True, kw_only=True)
class Lab:
    """One folder under labs/. Only `Lab.load` reads lab.toml."""

    folder: Path
    title: str
    level: str
    minutes: int
    """How long a learner needs, roughly."""
    needs: tuple[str, ...]
    shape: Shape
    """Of the machine `at`."""
    machines: Mapping[str, Shape]
    """The shapes of the lab's other machines; each starts when it is asked for."""
    choices: Mapping[str, tuple[Parameter, ...]]
    """What each personal parameter is drawn from, in the order of drawing."""
    told: frozenset[str]
    """Those that the learner is told; the others may be answers, and only the examiner has them."""
    tasks: tuple[Task, ...]
    student: str = ""
    seed: str = ""
    """What this student's parameters were drawn from."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """This student's own values; empty until `for_student`."""
    at: str = ""
    """Which of the lab's machines this is about; empty: the first one."""

    @property
    def name(self) -> str:
        """`05_oom`."""
        return self.folder.name

    @property
    def number(self) -> str:
        """`05`: what a learner types."""
        return self.name[:2]

    @property
    def machine_name(self) -> str:
        """What the student's machine is called."""
        return machine_name(self.name, self.student, self.at)

    @property
    def typed(self) -> str:
        """`05`, or `08.old`: what a learner types for this machine."""
        return f"{self.number}.{self.at}" if self.at else self.number

    @property
    def scenario(self) -> str:
        """The file that sets the stage of this machine."""
        return scenario_of(self.at)

    @property
    def points(self) -> int:
        """What all tasks are worth together."""
        return sum(task.points for task in self.tasks)

    @property
    def checks(self) -> Path:
        """The file with the check functions."""
        return checks_of(self.folder)

    @cached_property
    def by_check(self) -> dict[str, Task]:
        """The tasks by their check function's name."""
        return {task.check: task for task in self.tasks}

    def task(self, wanted: str) -> Task:
        """The task with this number or check name, `test_` or not. Raises UsageError with the nearest."""
        for task in self.tasks:
            if wanted in (str(task.number), task.check, task.check.removeprefix("test_")):
                return task
        names = [task.check.removeprefix("test_") for task in self.tasks]
        raise UsageError(
            f"{self.name} has no task {wanted!r}",
            hint=f"{nearest(wanted, names)}tasks are 1 to {len(self.tasks)}, or {', '.join(names)}",
        )

    def for_student(self, student: str, seed: str = "") -> Self:
        """The lab with the parameters of `student`, drawn from the SHA-256 of lab and seed, see `ramlab.tickets`."""
        seed = seed or tickets.seed_of(student)
        luck = int.from_bytes(hashlib.sha256(f"{self.name}:{seed}".encode()).digest())
        drawn: dict[str, Parameter] = {}
        for name, values in self.choices.items():
            luck, chosen = divmod(luck, len(values))
            drawn[name] = values[chosen]
        return replace(self, student=student, seed=seed, parameters=drawn)

    def on(self, at: str) -> Self:
        """The same lab, about another of its machines. Raises UsageError with the nearest where there is none."""
        if at == self.at:
            return self
        if at not in self.machines:
            others = ", ".join(f"{self.number}.{name}" for name in self.machines) or "it has one only"
            raise UsageError(
                f"{self.name} has no machine {at!r}", hint=f"{nearest(at, self.machines)}its others: {others}"
            )
        return replace(self, shape=self.machines[at], needs=(*self.needs, "own_kernel"), at=at)

    def environment(self) -> dict[str, str]:
        """What scenario and checks' workload see: `{"LAB": "05_oom", "STUDENT": "ada", "HOG_MIB": "44", …}`."""
        return self._environment(self.parameters)

    def told_environment(self) -> dict[str, str]:
        """The part of it that the learner sees, whose own workload has no more."""
        return self._environment(name for name in self.parameters if name in self.told)

    def _environment(self, names: Iterable[str]) -> dict[str, str]:
        return {
            "LAB": self.name,
            "STUDENT": self.student,
            **({"MACHINE": self.at} if self.machines else {}),
            **{name.upper(): str(self.parameters[name]) for name in names},
        }

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the lab in `folder`. Raises UsageError that names file, key and the legal values."""
        table = Table.read(folder / "lab.toml")
        choices, told = _choices(table)
        machines = _machines(table)
        if not _NAME.fullmatch(folder.name):
            raise UsageError(f"{folder}: not a lab's name", hint="legal: two digits, _, a name; as in 05_oom")
        lab = cls(
            folder=folder,
            title=table.text("title"),
            level=table.one_of("level", LEVELS),
            minutes=table.number("minutes", 1, 600),
            needs=table.some_of("needs", tuple(NEEDS)),
            shape=_shape(table.path, table.table("shape")),
            machines=machines,
            choices=choices,
            told=told,
            tasks=_tasks(table, checks_of(folder), ("", *machines)),
        )
        table.done()
        return lab


def checks_of(folder: Path) -> Path:
    """`labs/05_oom` -> `labs/05_oom/test_oom.py`."""
    return folder / f"test_{folder.name[3:]}.py"


def scenario_of(at: str) -> str:
    """`scenario.sh`; `scenario_old.sh` for the lab's machine `old`."""
    return f"scenario_{at}.sh" if at else "scenario.sh"


def _shape(path: Path, keys: dict[str, Any]) -> Shape:
    try:
        return Shape.of(keys)
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from None


def _machines(table: Table) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    for name, keys in table.table("machines").items():
        if not re.fullmatch(r"[a-z][a-z0-9]{0,11}", name):
            raise table.wrong(f"machines.{name}", "its name", "up to 12 small letters and digits, a letter first")
        if not isinstance(keys, dict):
            raise table.wrong(f"machines.{name}", keys, f"a table with the keys of a shape, as in [machines.{name}]")
        shapes[name] = _shape(table.path, keys)
    return shapes


def _choices(table: Table) -> tuple[dict[str, tuple[Parameter, ...]], frozenset[str]]:
    choices: dict[str, tuple[Parameter, ...]] = {}
    told: set[str] = set()
    for name, value in table.table("parameters").items():
        key = f"parameters.{name}"
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in ("lab", "student", "machine"):
            raise table.wrong(
                key, "its name", "small letters, digits and _; not lab, student or machine, which are there anyway"
            )
        entry = table.inner(key, value)
        if "pick" in entry:
            choices[name] = entry.texts("pick")
        else:
            first, last = entry.number("from", -(2**40), 2**40), entry.number("to", -(2**40), 2**40)
            step = entry.number("step", 1, 2**40, default=1)
            if first > last:
                raise table.wrong(f"{key}.to", last, f"{first} (its from) or more")
            choices[name] = tuple(range(first, last + 1, step))
        if entry.flag("told"):
            told.add(name)
        entry.done()
    return choices, frozenset(told)


def _tasks(table: Table, checks: Path, machines: tuple[str, ...]) -> tuple[Task, ...]:
    sentences = _sentences(checks)
    tasks: list[Task] = []
    for index, entry in enumerate(table.tables("tasks")):
        check = entry.text("check")
        free = [name for name in sentences if name not in {task.check for task in tasks}]
        if check not in free:
            known = f"a function of {checks.name} that no other task names"
            raise entry.wrong("check", check, f"{known}: {', '.join(free) or 'none is left'}")
        if not sentences[check]:
            raise UsageError(f"{checks}: {check} has no docstring", hint="it is the sentence that the learner reads")
        tasks.append(
            Task(
                number=index + 1,
                check=check,
                sentence=sentences[check],
                kind=entry.one_of("kind", TASK_KINDS),
                points=entry.number("points", 1, 100),
                hints=entry.texts("hints"),
                machine=entry.one_of("machine", machines) if "machine" in entry else "",
            )
        )
        entry.done()
    idle = sorted(sentences.keys() - {task.check for task in tasks})
    if idle:
        raise UsageError(
            f"{table.path}: no task for {idle[0]} of {checks.name}",
            hint=f'add [[tasks]] with check = "{idle[0]}"',
        )
    return tuple(tasks)


def _sentences(checks: Path) -> dict[str, str]:
    """Each check function of the file and the first paragraph of its docstring, read without importing it."""
    try:
        tree = ast.parse(checks.read_text(), str(checks))
    except OSError:
        raise UsageError(f"{checks} is missing", hint="it holds the lab's checks, one function a task") from None
    except SyntaxError as error:
        raise UsageError(f"{checks}:{error.lineno}: {error.msg}", hint="mend the Python there") from None
    return {
        item.name: " ".join((ast.get_docstring(item) or "").split("\n\n")[0].split())
        for item in tree.body
        if isinstance(item, ast.FunctionDef) and item.name.startswith("test_")
    }


def load(wanted: str, student: str = "") -> Lab:
    """The lab called `wanted`, with the parameters of `student`; `08.old`: about that machine of it."""
    return Lab.load(resolve(wanted)).for_student(check_student(student)).on(places.at(wanted))


def all_labs() -> tuple[list[Lab], list[UsageError]]:
    """Every lab, in order; and what is wrong with those that cannot be read."""
    root = labs_folder()
    labs: list[Lab] = []
    broken: list[UsageError] = []
    for name in names(root):
        try:
            labs.append(Lab.load(root / name))
        except UsageError as error:
            broken.append(error)
    return labs, broken


def settings(values: Mapping[str, Any]) -> str:
    """`values` as the lines of a file that a shell can read."""
    import shlex

    return "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in values.items())
