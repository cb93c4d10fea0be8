"""`ramlab verify`: the gate. Untouched, a lab fails every task; right answers pass; wrong ones are refused."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from containers import machines
from containers.errors import HostCannot, UsageError
from containers.machine import silent
from ramlab import attempts, catalogue, lint, places, records
from ramlab.briefing import WIDTH
from ramlab.children import Children
from ramlab.verdicts import ERROR, FAILED, PASSED, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ramlab.catalogue import Lab

FINE, REFUSED, HOST, OURS = 0, 1, 3, 4


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One attempt to make, and what has to come of it."""

    lab: Lab
    what: str
    """`untouched`, `solution`, `right/choom.sh`, `wrong/add_swap.sh`."""
    answer: Path
    student: str
    passes: bool = False
    """Whether every task has to be done afterwards; else see `fails`."""
    fails: frozenset[str] = frozenset()
    """The checks that have to refuse it."""
    may_error: bool = False
    """Whether the answer ends the machine, so that an ERROR is right."""
    own_kernel: bool = False
    """Whether it must not be made on a kernel that others share."""


@dataclass(kw_only=True)
class Outcome:
    """What came of a trial."""

    trial: Trial
    status: int
    complaints: list[str]
    seconds: float
    logs: Path | None = None


@dataclass
class Gate:
    """Runs trials, some at once, and tidies up whatever happens."""

    machine: str
    folder: Path
    children: Children = field(default_factory=Children)

    def run(self, trial: Trial) -> Outcome:
        """Make the attempt in a pytest process of its own."""
        place = Path(tempfile.mkdtemp(prefix=f"{Path(trial.what).stem}-", dir=self.folder))
        report = place / "report.json"
        argv = attempts.command(trial.lab.folder, trial.answer, student=trial.student, kind=self.machine, report=report)
        argv += ["-p", "no:cacheprovider", "--color=no", "-q"]
        begun = time.monotonic()
        said, code, _ = self.children.run(argv)
        seconds = time.monotonic() - begun
        (place / "pytest.log").write_text(said)
        told = records.read(report)
        status, complaints = judge(trial, told, said, code)
        for folder in told.get("folders") or []:
            if Path(str(folder)).exists():
                status, complaints = OURS, [*complaints, f"its machine's folder {folder} is still there"]
        if status == FINE:
            shutil.rmtree(place)
        return Outcome(
            trial=trial, status=status, complaints=complaints, seconds=seconds, logs=place if status else None
        )


def verify(*, labs: list[str], repeat: int, jobs: int, machine: str, brief: bool = False) -> int:
    """Put labs through the gate. 0 fine, 1 a lab is not right, 3 this host cannot, 4 an attempt broke.

    `brief`: untouched, the solution, and of the wrong answers one for each check that refuses any, and those that end
    the machine.
    """
    if repeat < 1 or jobs < 1:
        raise UsageError("--repeat and --jobs take 1 or more")
    attempts.reap()
    worst = FINE
    for name in labs:
        worst = max(worst, _verify(catalogue.Lab.load(places.resolve(name)), repeat, jobs, machine, brief=brief))
    return worst


def _verify(lab: Lab, repeat: int, jobs: int, machine: str, *, brief: bool) -> int:
    begun = time.monotonic()
    every = list(trials_of(lab, repeat))
    if brief:
        every = in_brief(every)
    trials = [trial for trial in every if not (trial.own_kernel and _in_a_container(machine, lab))]
    print(f"{lab.name}: {len(trials)} attempts, {min(jobs, len(trials))} at once\n")
    complaints = lint.complaints(lab)
    _line("files", FINE if not complaints else REFUSED, None, complaints)
    for what in sorted({trial.what for trial in every} - {trial.what for trial in trials}):
        _line(what, HOST, None, ["not made in a container: its kernel is the whole host's"])
    folder = lab.folder.parent.parent / ".ramlab" / "verify" / lab.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    stray = set(_files(lab.folder))
    outcomes: list[Outcome] = []
    gate = Gate(machine=machine, folder=folder)
    with ThreadPoolExecutor(jobs) as pool:
        try:
            waiting: list[Future[Outcome]] = [pool.submit(gate.run, trial) for trial in trials]
            for done in as_completed(waiting):
                outcome = done.result()
                outcomes.append(outcome)
                name = outcome.trial.what + (f" ({outcome.trial.student})" if repeat > 1 else "")
                _line(name, outcome.status, outcome.seconds, outcome.complaints, outcome.logs)
        except BaseException:  # Ctrl-C
            gate.children.close()
            pool.shutdown(cancel_futures=True)
            raise
    left = [
        f"machine {one.name} is alive" for one in machines.every() if re.match(rf"{lab.name}(\..*)?@verify", one.name)
    ]
    left += [f"{path} appeared" for path in sorted(set(_files(lab.folder)) - stray)]
    _line("left behind", OURS if left else FINE, None, left)
    with suppress(OSError):  # not empty: logs of what went wrong
        folder.rmdir()
    worst = max([REFUSED if complaints else FINE, OURS if left else FINE, *(one.status for one in outcomes)])
    wrong = sum(outcome.status != FINE for outcome in outcomes)
    verdict = {FINE: "the gate is open", HOST: "this computer cannot tell"}.get(worst, "the gate stays shut")
    print(f"\n{lab.name}: {verdict}; {len(outcomes) - wrong} of {len(outcomes)} attempts as they should be", end="")
    print(f", {time.monotonic() - begun:.0f} s\n", flush=True)
    return worst


def _in_a_container(machine: str, lab: Lab) -> bool:
    try:
        return machines.choose(machine, lab.needs, progress=silent) == "docker"
    except HostCannot:
        return machine == "docker"


def trials_of(lab: Lab, repeat: int) -> Iterator[Trial]:
    """Every attempt to make. Repeats are other students, with other parameters."""
    every = frozenset(task.check for task in lab.tasks)
    meta = lab.folder / ".meta"
    for number in range(1, repeat + 1):
        student = f"verify{number}"
        yield Trial(lab=lab, what="untouched", answer=Path(os.devnull), student=student, fails=every)
        yield Trial(lab=lab, what="solution", answer=meta / "solution.sh", student=student, passes=True)
        for path in sorted((meta / "right").glob("*.sh")):
            yield Trial(lab=lab, what=f"right/{path.name}", answer=path, student=student, passes=True)
        for path in sorted((meta / "wrong").glob("*.sh")):
            claim = lint.claim(path)
            yield Trial(
                lab=lab, what=f"wrong/{path.name}", answer=path, student=student,
                fails=claim.fails, may_error=claim.errors, own_kernel=claim.own_kernel,
            )  # fmt: skip


def in_brief(trials: Iterable[Trial]) -> list[Trial]:
    """Without other right answers, and of the wrong ones as few as do to have each check refuse one."""
    every = [trial for trial in trials if not trial.what.startswith("right/")]
    chosen = [trial for trial in every if not trial.fails or not trial.what.startswith("wrong/")]
    wrong = [trial for trial in every if trial not in chosen]
    open_ = {(trial.student, check) for trial in wrong for check in trial.fails}
    while open_:
        best = max(wrong, key=lambda trial: len(open_ & {(trial.student, check) for check in trial.fails}))
        open_ -= {(best.student, check) for check in best.fails}
        chosen.append(best)
    return [trial for trial in every if trial in chosen]


def judge(trial: Trial, report: dict[str, Any], said: str, code: int) -> tuple[int, list[str]]:
    """What is wrong with an attempt's report, and whose fault that is."""
    checks: dict[str, dict[str, str]] = report.get("checks") or {}
    if not checks:
        last = " / ".join(line for line in said.splitlines()[-3:] if line.strip())
        return OURS, [f"no check was run (pytest ended with {code}): {last or 'it said nothing'}"]
    sentences = {check: fact["message"].split("\n")[0][:200] for check, fact in checks.items()}
    outcomes = {check: fact["outcome"] for check, fact in checks.items()}
    if set(outcomes.values()) == {SKIPPED} and not trial.may_error:
        return HOST, [sentences[next(iter(checks))]]
    errors = [check for check, outcome in outcomes.items() if outcome == ERROR]
    if errors and not trial.may_error:
        return OURS, [f"{check} is an ERROR: {sentences[check]}" for check in errors]
    if errors:
        return FINE, []
    if trial.may_error and not trial.fails:
        return REFUSED, ["no check was an ERROR, though the file says `# errors`"]
    complaints = [
        f"{check} {outcomes[check]}: {sentences[check]}"
        for check in outcomes
        if trial.passes and outcomes[check] != PASSED
    ]
    complaints += [
        f"{check} should refuse it; it {outcomes.get(check, 'was not run')}"
        for check in sorted(trial.fails)
        if outcomes.get(check) != FAILED
    ]
    return (REFUSED if complaints else FINE), complaints


def _line(what: str, status: int, seconds: float | None, complaints: list[str], logs: Path | None = None) -> None:
    mark = "✓" if status == FINE else {HOST: "-", OURS: "!"}.get(status, "✗")
    took = f"{seconds:.1f} s" if seconds is not None else ""
    print(f" {mark} {what:<{WIDTH - 14}}{took:>10}".rstrip())
    for complaint in complaints:
        print(f"     {complaint}")
    if logs:
        print(f"     logs: {os.path.relpath(logs)}")
    sys.stdout.flush()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
