"""What a check may ask for. `labs/conftest.py` imports these: there they win over testinfra's `host`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from checkers.judging import follows
from containers.errors import UsageError
from ramlab import places
from ramlab.catalogue import Lab, settings
from ramlab.plugin import LabFolder, lab_run
from ramlab.staging import ANSWERS, ROOT, STAGE
from ramlab.staging import workload as staged_workload

if TYPE_CHECKING:
    from containers.machine import Machine, Result

WORKLOAD_DEADLINE = 900.0
"""Seconds. Under emulation a thrashing machine took minutes for what takes seconds elsewhere."""

# One process beside the shell's own words: each costs 10 ms under emulation. The shell reads byte by byte, so what is
# no answer by its size is not read.
_READ_ANSWERS = f"""cd {ROOT}{ANSWERS} 2>/dev/null || exit 0
large="
$(find . -maxdepth 1 -type f -size +8 2>/dev/null)
"
for name in *; do
  [ -f "$name" ] && [ ! -L "$name" ] || continue
  value='(more than 4 kB)'
  case $large in *"
./$name
"*) ;; *) value=; IFS= read -r value < "$name" || : ;; esac
  printf '%s=%s\\n' "$name" "$value"
done"""


def _folder(request: pytest.FixtureRequest) -> LabFolder:
    folder: LabFolder | None = request.node.getparent(LabFolder)
    if folder is None:
        raise UsageError(f"{request.node.nodeid} is not in a lab", hint="a lab's folder has a lab.toml")
    return folder


@pytest.fixture(scope="module")
def machine(request: pytest.FixtureRequest, lab_machines: Callable[[str], Machine]) -> Machine:
    """The learner's machine that the task is about; with `--answer` a fresh one in which the answer was run."""
    return lab_machines(getattr(request, "param", ""))


@pytest.fixture(scope="module")
def host(machine: Machine) -> Any:  # noqa: ANN401 -- testinfra ships no types
    """The examiner's door as a testinfra host."""
    from containers import backend

    host = backend.host_of(machine.examiner)
    # testinfra's own `host` is the learner's laptop, and would answer as readily.
    assert host.backend.NAME == "machine", f"host is {host.backend.NAME}, not the machine"
    return host


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Lab:
    """The lab, with the parameters of this machine's student."""
    return lab_run(request.config).lab(_folder(request))


class Answers(Mapping[str, str]):
    """What the learner handed in with `answer NAME VALUE`. Asking for a name that is not there fails the check."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._given: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        __tracebackhide__ = True
        given = self._read()
        if name not in given:
            others = f" (there are: {', '.join(given)})" if given else ""
            raise AssertionError(
                f"seen no answer of the name {name} yet{others}; expected what you found out;"
                f" next type: answer {name} VALUE"
            )
        return given[name].strip()

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, str]:
        if self._given is None:
            lines = self._machine.examiner.run(_READ_ANSWERS).stdout.splitlines()
            self._given = dict(line.partition("=")[::2] for line in lines if "=" in line)
        return self._given


@pytest.fixture(scope="module")
def answers(machine: Machine) -> Answers:
    """The learner's findings, read from the machine once, when first asked for."""
    return Answers(machine)


@pytest.fixture(scope="module")
def workload(machine: Machine, lab: Lab) -> Callable[..., Result]:
    """Run a pristine copy of the lab's workload: `workload("press", "60")`. Shape: Result.

    What it holds against the learner fails the check there and then; with `check=False` the check goes on, and calls
    `follows` of `checkers.judging` when it has looked at what else it wants to know.
    """

    def run(*words: str, check: bool = True, timeout: float = WORKLOAD_DEADLINE) -> Result:
        script = (
            f"cat > {STAGE}/workload.py && set -a && . {STAGE}/check.env && set +a &&"
            f" exec choom -n 0 -- python3 {STAGE}/workload.py {shlex.join(words)} </dev/null"
        )
        # The source goes with each call: what lies in the machine may have been changed by its root.
        source = staged_workload(lab)
        env = shlex.quote(settings(lab.on(places.at(machine.name)).environment()))
        done = machine.examiner.run(
            f"mkdir -p {STAGE} && printf %s {env} > {STAGE}/check.env && {script}",
            stdin=source,
            timeout=timeout,
        )
        if check:
            follows(done)
        return done

    return run
