"""Set the stage of a lab in a fresh machine, in one round trip."""

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
DEADLINE = 600.0
"""Seconds; a scenario may have to wait for a first OOM, which can take a minute on a busy host."""

# The tool's own files come last: nothing that a scenario does can spoil them.
_SCRIPT = f"""
umask 022
mkdir -p {STAGE} && cd {STAGE} && tar -xf - || exit
set -a; . ./parameters.env; set +a
sh ./scenario.sh </dev/null || exit
mkdir -p {ROOT}{ANSWERS} {ROOT}{SHARED} && chmod 1777 {ROOT}{ANSWERS} && rm -f {ROOT}{ANSWERS}/* &&
cp motd {ROOT}/etc/motd && cp README.md parameters.env {ROOT}{SHARED}/ &&
{{ [ ! -f workload.py ] || cp workload.py {ROOT}{SHARED}/; }}
"""


def stage(machine: Machine, lab: Lab) -> None:
    """Bring the lab's files in, run its scenario, lay the learner's. `lab` has its student's parameters.

    Raises MachineError with what the scenario said.
    """
    done = machine.examiner.run(_SCRIPT, stdin=bundle(lab), timeout=DEADLINE)
    if done.status:
        said = (done.stderr or done.stdout).strip()[-600:] or "(it said nothing)"
        raise MachineError(
            f"the scenario of {lab.name} ended with status {done.status}: {said}",
            hint=f"try again: ramlab reset {lab.number}; if it stays, it is the lab's fault: please report it",
        )


def bundle(lab: Lab) -> bytes:
    """The tar of what the machine gets: everything of the folder but checks, answers and notes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(lab.folder.rglob("*")):
            inside = path.relative_to(lab.folder)
            if path.is_file() and path != lab.checks and not _private(inside):
                _add(tar, str(inside), path.read_bytes())
        _add(tar, "parameters.env", settings(lab.environment()).encode())
        _add(tar, "motd", motd(lab).encode())
    return buffer.getvalue()


def _private(inside: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in inside.parts)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file that is the same whoever makes it: root's, and of no particular time."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o755 if content.startswith(b"#!") else 0o644
    tar.addfile(entry, io.BytesIO(content))
