"""`ramlab submit` and `ramlab replay`: an answer is drafted, replayed, packed; and replayed by who reads it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from containers.errors import UsageError
from ramlab import attempts, catalogue, places, recording, records, sessions
from ramlab.grading.course import Course
from ramlab.progress import Steps
from ramlab.staging import ANSWERS
from ramlab.submission import Manifest, NotGradable, Submission, version_of
from ramlab.tickets import mark_of
from ramlab.verdicts import PASSED

if TYPE_CHECKING:
    from containers.machine import Machine
    from ramlab.catalogue import Lab

# What only shows something, or waits for somebody at a terminal: an answer does without.
_LOOKS = frozenset((
    "answer", "apropos", "atop", "cat", "cgget", "clear", "df", "dmesg", "du", "echo", "fg", "fincore", "find",
    "free", "getconf", "grep", "head", "history", "hostname", "htop", "info", "jobs", "less", "ls", "lscgroup",
    "lsns", "man", "more", "nl", "numastat", "pgrep", "pidstat", "pmap", "printenv", "ps", "pwd", "readlink",
    "sar", "slabtop", "smem", "sort", "stat", "strace", "tail", "tasks", "top", "type", "uname", "uptime",
    "vmstat", "watch", "wc", "which", "who", "workload",
))  # fmt: skip
_NOT_REPLAYED = frozenset(("nano", "vi", "vim", "ed", "emacs", "editor", "exit", "logout", "reboot", "poweroff"))
_WRITES = re.compile(r"[^-=0-9&]>|\btee\b|\bsed\b.*-i|;|&&|\|\|")
_HISTORY = f'cat /root/.bash_history 2>/dev/null; echo; cd {ANSWERS} && grep -H "" * 2>/dev/null; true'
_HEAD = """\
# {lab}, {student}: the answer, as it was typed. It is run by sh, as root, in a fresh machine.
# Lines that only look are comments. So is what an editor did: write it as a command (sed -i, cat > FILE <<'END').
# What you found out is at the end; with $(...) it is right in each machine.
# Then submit it again: it is replayed, and packed if it does all tasks.
"""


def submit(*, lab: str, student: str, answer: str, as_is: bool, machine: str) -> int:
    """Draft the answer where there is none; else replay it on a fresh machine, and pack it if it does all tasks."""
    this = catalogue.load(lab, student)
    file = Path(answer or f"{this.name}.sh")
    if not file.exists():
        if answer:
            raise UsageError(f"there is no file {answer}", hint=f"without --answer one is drafted: ramlab submit {lab}")
        return _draft(this, file)
    with tempfile.TemporaryDirectory(prefix="ramlab-submit-") as folder:
        report = Path(folder) / "report.json"
        argv = attempts.command(this.folder, file, student=this.student, kind=machine, report=report)
        print(f"{file} is run in a fresh machine, and checked there.", flush=True)
        status = subprocess.run(argv, check=False).returncode
        said = records.read(report)
    if status not in (0, 1) or (status == 1 and not as_is):
        print(f"Nothing was packed. Mend {file} and type the same again", end="")
        print("; or hand in what there is, with --as-is." if status == 1 else ".")
        return status
    checks = {name: its["outcome"] for name, its in said["checks"].items()}
    done = _of(this, file, checks)
    Path(done.name).write_bytes(packed := _packed(done))
    reached = sum(this.by_check[name].points for name, outcome in checks.items() if outcome == PASSED)
    print(f"\n{done.name}: {len(packed)} bytes, {reached} of {this.points} points when it was replayed here.")
    print("Hand in this file. What it says of points proves nothing: it is replayed again.")
    return 0


def replay(*, file: str, course: str, machine: str) -> int:
    """Run a submission in a fresh machine of its student's, and give a shell there; with the shell the machine ends.

    The parameters are those of `ramlab grade`: by the course's secret, where there is a course.
    """
    path = Path(file)
    handed_in = Submission.read(path)
    student = handed_in.manifest.student
    ticket = Course.find(course, aloud=False).ticket(student)
    try:
        this = catalogue.load(handed_in.manifest.lab, student)
    except UsageError as error:
        raise NotGradable(f"{path.name}: {error.message}", hint=error.hint) from None
    if ticket:
        this = this.for_student(student, ticket.seed)
    if version_of(this) != handed_in.manifest.lab_version:
        print(f"{path.name} was made with another version of {this.name}.", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="ramlab-replay-") as folder:
        script = Path(folder) / "answer.sh"
        script.write_bytes(handed_in.answer)
        attempt = attempts.Attempt(lab=this, file=script, kind=machine)
        try:
            with Steps(f"replay {path.name}") as progress:
                attempt.answer(progress)
                first = attempt.machine("", progress)
            if attempt.result and attempt.result.status:
                print(f"The answer ended with status {attempt.result.status}; it said last:\n{attempt.result.stdout}")
            print(f"{first.name}: as {this.student} has left it. The machine ends with this shell.", flush=True)
            return subprocess.run(first.learner.argv(None, tty=sys.stdin.isatty()), check=False).returncode
        finally:
            for one in attempt.machines.values():
                one.stop()


def _of(lab: Lab, file: Path, checks: dict[str, str]) -> Submission:
    from containers.image import build

    machines = _machines(lab)
    told = {at: _told(machine) for at, machine in machines.items()}
    return Submission(
        manifest=Manifest(
            student=lab.student,
            lab=lab.name,
            lab_version=version_of(lab),
            image=build.recipe_key(lab.shape.system),
            seed=mark_of(lab.student),
        ),
        answer=file.read_bytes(),
        history="".join(f"# at: {at}\n{history}" if at else history for at, (history, _) in told.items()),
        values={f"{at} {name}".strip(): value for at, (_, values) in told.items() for name, value in values.items()},
        checks=checks,
        hints=records.hints_taken(lab.machine_name),
        casts=_casts(lab),
    )


def _casts(lab: Lab) -> dict[str, bytes]:
    """The recordings of the lab's shells, machine by machine."""
    names = [lab.on(at).machine_name for at in ("", *lab.machines)]
    paths = [path for name in names for path in recording.casts(name)]
    return {f"session-{number}.cast": path.read_bytes() for number, path in enumerate(paths, 1)}


def _packed(done: Submission) -> bytes:
    """The file; without the first recordings where it would be too large with them. Raises UsageError."""
    casts = dict(done.casts)
    while casts:
        with suppress(UsageError):
            return replace(done, casts=casts).packed()
        first = next(iter(casts))
        print(f"{first} is left out: with it the file would be too large.")
        del casts[first]
    return replace(done, casts={}).packed()


def _draft(lab: Lab, file: Path) -> int:
    """Write the answer as the learner's shells have it, and say what is to be done with it."""
    machines = _machines(lab)
    if not machines:
        sessions.require(lab.machine_name)  # says how to start it
    text = _HEAD.format(lab=lab.name, student=lab.student)
    for at, machine in machines.items():
        history, values = _told(machine)
        text += f"\n# at: {at}\n" if at else "\n"
        text += "".join(_as_command(entry) for entry in re.split(r"(?m)^#\d+\n", history))
        text += "".join(f"answer {name} {shlex.quote(value)}\n" for name, value in values.items())
    file.write_text(text)
    print(f"{file}: drafted from what was typed in {', '.join(one.name for one in machines.values())}.")
    print("Read it, keep what does the tasks, and type the same again.")
    return 0


def _machines(lab: Lab) -> dict[str, Machine]:
    """The learner's machines of the lab that run, the first one first."""
    found = {places.at(one.name): one for one in sessions.of_lab(lab.name, lab.student)}
    return dict(sorted(found.items()))


def _told(machine: Machine) -> tuple[str, dict[str, str]]:
    """The history of the learner's shells, and what was handed in with `answer`."""
    history, _, values = machine.learner.run(_HISTORY).stdout.rpartition("\n\n")
    pairs = (line.partition(":")[::2] for line in values.splitlines() if ":" in line)
    return (f"{history}\n" if history else ""), dict(pairs)


def _as_command(entry: str) -> str:
    """An entry of the history, of a line or more, as an answer has it: a comment where it can do nothing there."""
    words = entry.split()
    program = Path(words[0]).name if words else ""
    looks = program in _LOOKS or (program == "sysctl" and not re.search(r"=| -p| --system", entry))
    if (looks and not _WRITES.search(entry)) or program in _NOT_REPLAYED:
        return "".join(f"# {line}\n" for line in entry.splitlines())
    return entry
