"""What can be said against a lab without starting a machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ramlab.attempts import parts
from ramlab.catalogue import TASK_KINDS, scenario_of
from ramlab.staging import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ramlab.catalogue import Lab

FEWEST, MOST = 3, 8
"""Checks of a lab: fewer teach little, more are two labs."""
FEWEST_WRONG = 2
"""Wrong answers: one lazy, one plausible."""
LEGAL = {
    "README.md", "lab.toml", "workload.py",
    ".meta/design.md", ".meta/solution.sh", ".meta/right", ".meta/wrong", ".meta",
}  # fmt: skip
DESIGN = ("Goal", "Objectives", "Out of scope", "Kernel facts")
"""The headings of .meta/design.md."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a wrong answer's first lines say of it."""

    fails: frozenset[str]
    """`# fails: test_a, test_b`: the checks that refuse it."""
    errors: bool
    """`# errors`: it ends the machine, so checks cannot be run."""
    own_kernel: bool
    """`# own_kernel`: it harms whatever else runs on the kernel, so nobody may share that."""


def claim(path: Path) -> Claim:
    """Read the claim of a wrong answer."""
    fails: frozenset[str] = frozenset()
    errors = own_kernel = False
    for line in path.read_text().splitlines()[:5]:
        match = re.fullmatch(r"#\s*fails:\s*(.+)", line.strip())
        if match:
            fails = frozenset(re.split(r"[,\s]+", match[1].strip()))
        errors = errors or re.fullmatch(r"#\s*errors\b.*", line.strip()) is not None
        own_kernel = own_kernel or re.fullmatch(r"#\s*own_kernel\b.*", line.strip()) is not None
    return Claim(fails=fails, errors=errors, own_kernel=own_kernel or errors)


def complaints(lab: Lab) -> list[str]:
    """Every complaint, each with the file, what is wrong and what would be right."""
    groups = (_tasks, _needs, _readme, _scripts, _workload, _answers, _wrong, _checks, _folder)
    return [complaint for group in groups for complaint in group(lab)]


def _tasks(lab: Lab) -> Iterator[str]:
    if not FEWEST <= len(lab.tasks) <= MOST:
        yield f"lab.toml: {len(lab.tasks)} tasks; a lab has {FEWEST} to {MOST}"
    for kind in TASK_KINDS:
        if kind not in {task.kind for task in lab.tasks}:
            yield f"lab.toml: no task of the kind {kind!r}; a lab has one of each"
    for task in lab.tasks:
        if len(set(task.hints)) < len(task.hints):
            yield f"lab.toml: {task.check} has the same hint twice"


def _needs(lab: Lab) -> Iterator[str]:
    if bool(lab.shape.disks) != ("disks" in lab.needs):
        yield 'lab.toml: a lab has shape.disks if, and only if, its needs have "disks"'
    shapes = [lab.shape, *lab.machines.values()]
    for nodes in (2, 4):
        if any(shape.nodes == nodes for shape in shapes) != (f"numa_{nodes}" in lab.needs):
            yield f'lab.toml: a lab has a machine of {nodes} nodes if, and only if, its needs have "numa_{nodes}"'
    for name in sorted(lab.machines.keys() - {task.machine for task in lab.tasks}):
        yield f"lab.toml: no task is about the machine {name}"


def _readme(lab: Lab) -> Iterator[str]:
    text = _text(lab.folder / "README.md")
    if text is None:
        yield "README.md is missing: story, numbered tasks, what to look with, done when"
        return
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    if numbers != [task.number for task in lab.tasks]:
        yield f"README.md: its numbered list counts {numbers}; lab.toml has tasks 1 to {len(lab.tasks)}, in that order"
    flat = " ".join(text.split())
    for task in lab.tasks:
        if task.sentence not in flat:
            yield f'README.md: "done when" lacks the sentence of {task.check}: {task.sentence}'


def _scripts(lab: Lab) -> Iterator[str]:
    scenarios = [lab.folder / name for name in _scenarios(lab)]
    for path in scenarios:
        if not path.exists():
            yield f"{path.name} is missing: it sets the stage through the examiner's door"
    scripts = [*scenarios, *sorted((lab.folder / ".meta").rglob("*.sh"))]
    for path in scripts:
        if path.exists():
            done = subprocess.run(["sh", "-n", path], capture_output=True, text=True, check=False)
            if done.returncode:
                yield f"{path.relative_to(lab.folder)}: not sh: {done.stderr.strip().splitlines()[0]}"


def _workload(lab: Lab) -> Iterator[str]:
    source = _text(lab.folder / "workload.py")
    if source is None:
        yield "workload.py is missing: the lab's generator of memory behaviour"
        return
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        yield f"workload.py:{error.lineno}: {error.msg}"
        return
    for name in sorted(_imports(tree) - sys.stdlib_module_names - PARTS.keys()):
        yield f"workload.py imports {name}; in the machine there are the standard library and {', '.join(PARTS)} only"
    told = lab.for_student("anybody").told_environment()
    for name in sorted(set(re.findall(r'environ\["([A-Z0-9_]+)"\]', source)) - told.keys()):
        yield f"workload.py needs {name}, which a learner is not told; legal: told = true in lab.toml, or environ.get"
    if "READY" not in source:
        yield "workload.py never says READY; whoever waits for it has nothing to wait for"


def _answers(lab: Lab) -> Iterator[str]:
    meta = lab.folder / ".meta"
    if not (meta / "solution.sh").exists():
        yield ".meta/solution.sh is missing: the reference answer"
    design = _text(meta / "design.md")
    if design is None:
        yield f".meta/design.md is missing; its headings: {', '.join(DESIGN)}"
    else:
        for heading in DESIGN:
            if not re.search(rf"^#+ *{heading}", design, re.MULTILINE | re.IGNORECASE):
                yield f".meta/design.md: no heading {heading!r}"
    if not list((meta / "right").glob("*.sh")):
        yield ".meta/right is empty: show another road that works, so that no check insists on one"
    for path in sorted(meta.rglob("*.sh")):
        for name in sorted({at for at, _ in parts(path.read_bytes())} - {"", *lab.machines}):
            yield f"{path.relative_to(lab.folder)}: there is no machine {name}"


def _wrong(lab: Lab) -> Iterator[str]:
    wrong = sorted((lab.folder / ".meta" / "wrong").glob("*.sh"))
    if len(wrong) < FEWEST_WRONG:
        yield f".meta/wrong has {len(wrong)} answers; at least {FEWEST_WRONG}: one lazy, one plausible"
    known = {task.check for task in lab.tasks}
    for path in wrong:
        said = claim(path)
        if not said.fails and not said.errors:
            yield f".meta/wrong/{path.name}: line 1 has to be `# fails: test_…`, naming the check that refuses it"
        for name in sorted(said.fails - known):
            yield f".meta/wrong/{path.name}: no check {name}; there are {', '.join(sorted(known))}"


def _checks(lab: Lab) -> Iterator[str]:
    tree = ast.parse(lab.checks.read_text())
    if "time" in _imports(tree):
        yield f"{lab.checks.name} imports time: no check depends on elapsed time; wait for a marker"


def _folder(lab: Lab) -> Iterator[str]:
    for path in sorted(lab.folder.rglob("*")):
        inside = path.relative_to(lab.folder)
        if "__pycache__" in inside.parts:
            continue
        answer = len(inside.parts) == 3 and path.suffix == ".sh" and str(inside.parent) in LEGAL  # noqa: PLR2004
        data = inside.parts[0] == "stage"  # files that the scenario lays out
        if str(inside) not in LEGAL | _scenarios(lab) and path != lab.checks and not answer and not data:
            yield f"{inside} is no file of a lab; what the scenario lays out goes into stage/"
        elif path.is_file() and "TODO" in path.read_text(errors="replace"):
            yield f"{inside}: has a TODO"


def _scenarios(lab: Lab) -> set[str]:
    return {scenario_of(at) for at in ("", *lab.machines)}


def _imports(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names.add(module if module in PARTS else module.split(".")[0])
    return names


def _text(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
