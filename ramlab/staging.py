"""Set the stage of a lab in a fresh machine, in one round trip."""

import ast
import io
import tarfile
from pathlib import Path

from containers.errors import MachineError
from containers.machine import Machine
from ramlab.briefing import SHARED, motd
from ramlab.catalogue import Lab, settings

STAGE = "/run/lab"
"""Where the examiner has the lab's files."""
ROOT = "/proc/1/root"
"""The learner's root, seen by the examiner."""
ANSWERS = "/var/lib/ramlab/answers"
FOR_LEARNERS = ("README.md", "workload.py")
PARTS = {f"ramlab.{name}": Path(__file__).with_name(f"{name}.py") for name in ("kit", "boots")}
DEADLINE = 600.0
"""Seconds; a scenario may have to wait for a first OOM, which can take a minute on a busy host."""

# A process costs 15 ms and more under emulation, so one tar brings everything to its place, learner's files too, and
# the scenario is read by the shell that is there. busybox, where there is one, starts in a tenth of the time.
_SCRIPT = f"""
umask 022
$(command -v busybox) tar -xpf - -C / || exit
cd {STAGE} || exit
set -a
. ./parameters.env
set +a
. ./%s </dev/null
"""


def stage(machine: Machine, lab: Lab) -> None:
    """Bring the lab's files in, run its scenario, lay the learner's. `lab` has its student's parameters.

    Raises MachineError with what the scenario said.
    """
    done = machine.set_stage(_SCRIPT % lab.scenario, stdin=bundle(lab), timeout=DEADLINE)
    if done.status:
        said = (done.stderr or done.stdout).strip()[-600:] or "(it said nothing)"
        raise MachineError(
            f"{lab.scenario} of {lab.name} ended with status {done.status}: {said}",
            hint=f"try again: ramlab reset {lab.typed}; if it stays, it is the lab's fault: please report it",
        )


def bundle(lab: Lab) -> bytes:
    """The tar of what the machine gets, relative to its /: all of the folder but checks, answers and notes.

    The learner's share of it goes to the learner's root as well, beside the motd and a folder for answers.
    """
    buffer = io.BytesIO()
    files = {
        path.relative_to(lab.folder): path.read_bytes()
        for path in sorted(lab.folder.rglob("*"))
        if path.is_file() and path != lab.checks and not _private(path.relative_to(lab.folder))
    }
    if Path("workload.py") in files:
        files[Path("workload.py")] = workload(lab).encode()
    files[Path("parameters.env")] = settings(lab.environment()).encode()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for inside, content in files.items():
            _add(tar, f"{STAGE}/{inside}", content)
        for name in FOR_LEARNERS:
            if Path(name) in files:
                _add(tar, f"{ROOT}{SHARED}/{name}", files[Path(name)])
        _add(tar, f"{ROOT}{SHARED}/parameters.env", settings(lab.told_environment()).encode())
        _add(tar, f"{ROOT}/etc/motd", motd(lab).encode())
        folder = tarfile.TarInfo(f"{ROOT}{ANSWERS}"[1:])
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(folder)
    return buffer.getvalue()


def workload(lab: Lab) -> str:
    """The lab's workload as one file that needs nothing of ours: our parts are in the places of their imports."""
    return _whole((lab.folder / "workload.py").read_text(), set())


def _whole(source: str, there: set[str]) -> str:
    lines = source.splitlines(keepends=True)
    whole, done = [], 0
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.module in PARTS:
            whole += lines[done : node.lineno - 1]
            done = node.end_lineno or node.lineno
            if node.module not in there:
                there.add(node.module)
                whole.append(_whole(PARTS[node.module].read_text().partition('"""\n\n')[2], there))
    return "".join([*whole, *lines[done:]])


def _private(inside: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in inside.parts)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file that is the same whoever makes it: root's, and of no particular time."""
    entry = tarfile.TarInfo(name[1:])  # relative to /, as tar wants it
    entry.size = len(content)
    entry.mode = 0o755 if content.startswith(b"#!") else 0o644
    tar.addfile(entry, io.BytesIO(content))
