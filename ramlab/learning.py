"""The commands about a learner's progress: list, check, hint, solution."""

import os
import sys
import textwrap

from containers import machines
from containers.errors import UsageError
from ramlab import catalogue, places, records
from ramlab.attempts import parts
from ramlab.briefing import WIDTH, sentence, worth


def list_labs() -> int:
    """All labs, one line each."""
    student = places.check_student("")
    labs, broken = catalogue.all_labs()
    alive = {machine.name for machine in machines.every()}
    title = max([len(lab.title) for lab in labs] + [5])
    name = max([len(lab.name) for lab in labs] + [3])
    print(f"{'LAB':<{name}}  {'TITLE':<{title}}  LEVEL         MIN  STATE")
    for lab in labs:
        machine = places.machine_name(lab.name, student)
        done = len(_done(machine))
        state = ["running"] if machine in alive else []
        if done:
            state.append("done" if done == len(lab.tasks) else f"{done} of {len(lab.tasks)}")
        print(f"{lab.name:<{name}}  {lab.title:<{title}}  {lab.level:<12}  {lab.minutes:>3}  {', '.join(state) or '-'}")
    for error in broken:
        print(f"\nbroken: {error.message}\n        {error.hint}")
    print("\nBegin one: ramlab start LAB")
    return 0


def check(*, lab: str, student: str, machine: str, pytest_args: list[str]) -> int:
    """Become `pytest labs/LAB`."""
    folder = places.resolve(lab)
    argv = [sys.executable, "-m", "pytest", os.path.relpath(folder), "--machine", machine]
    if student:
        argv += ["--student", places.check_student(student)]
    sys.stdout.flush()
    os.execv(sys.executable, argv + pytest_args)  # noqa: S606 -- our own interpreter


def hint(*, lab: str, task: str, student: str) -> int:
    """Show the next hint of a task: the named one, or the first that is open."""
    this = catalogue.load(lab, student)
    machine = places.machine_name(this.name, this.student)
    taken = records.hints_taken(machine)
    done = _done(machine)
    first_open = next((one for one in this.tasks if one.check not in done), None)
    if not task and first_open is None:
        print(f"Every task of {this.name} was done when it was checked last. For one of them: ramlab hint LAB TASK")
        return 0
    chosen = this.task(task) if task else first_open
    assert chosen
    before = min(taken.get(chosen.check, 0), len(chosen.hints))
    count = min(before + 1, len(chosen.hints))
    records.update(records.of_machine(machine), hints={**taken, chosen.check: count})
    print(sentence(f"{chosen.number:>2}. ", chosen.sentence, worth(this, chosen)) + "\n")
    for number, text in enumerate(chosen.hints[:count], 1):
        # What is to be typed is not broken at a hyphen.
        start = f"  {number}. "
        print(textwrap.fill(text, WIDTH, initial_indent=start, subsequent_indent="     ", break_on_hyphens=False))
    left = len(chosen.hints) - count
    if left:
        print(f"\n{left} more: ramlab hint {this.number} {chosen.number}")
    else:
        print(f"\nThat was the last. The reference answer: ramlab solution {this.number}")
    return 0


def solution(*, lab: str) -> int:
    """Print the reference answer, which can be run: `ramlab solution 05 | ramlab exec 05 -- sh -s`.

    Of a lab with more machines, the part for the machine that is named.
    """
    path = places.resolve(lab) / ".meta" / "solution.sh"
    try:
        answer = path.read_bytes()
    except OSError:
        raise UsageError(f"{path} is missing", hint="its author owes it; see: ramlab hint") from None
    by_machine = dict(parts(answer))
    number, at = path.parent.parent.name[:2], places.at(lab)
    if at not in by_machine:
        legal = ", ".join(f"ramlab solution {number}{f'.{one}' if one else ''}" for one in by_machine)
        raise UsageError(f"the reference answer has no part for {number}.{at}", hint=f"type: {legal}")
    print(by_machine[at].decode(), end="")
    for other in by_machine.keys() - {"", at}:
        print(f"# for the machine {number}.{other}: ramlab solution {number}.{other}")
    return 0


def _done(machine: str) -> set[str]:
    done = records.read(records.of_machine(machine)).get("done")
    return {str(check) for check in done} if isinstance(done, list) else set()
