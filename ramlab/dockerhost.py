"""`ramlab dockerhost`: a Docker host in a vm of one's own, for those who have no engine and want to try containers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from containers import machines
from containers.shape import Shape
from containers.vm import VmMachine
from ramlab import places
from ramlab.progress import Steps

if TYPE_CHECKING:
    from containers.machine import Machine

SHAPE = Shape(memory="1G", cpus=2, system="dockerhost")


def dockerhost(*, student: str) -> int:
    """Have one run, and print what a shell has to evaluate so that `--machine docker` finds it."""
    name = places.wanted(places.DOCKERHOST, student)
    with Steps("dockerhost") as progress, machines.locked(name):
        machine = machines.find(name) or machines.start_locked(name, SHAPE, progress=progress)
    print(f"export DOCKER_HOST={engine_address(machine)}")
    if sys.stdout.isatty():
        print('# a shell has to evaluate this line: eval "$(ramlab dockerhost)"', file=sys.stderr)
    # Only `containers.engines` has the keys to its door: a docker command of this computer is refused there.
    print(f"# its docker command is in it: ramlab exec {places.DOCKERHOST} -- docker ps", file=sys.stderr)
    return 0


def engine_address(machine: Machine) -> str:
    """The engine of a machine of SHAPE, as DOCKER_HOST takes it; `containers.engines` knows the keys to its door."""
    assert isinstance(machine, VmMachine)
    return f"ssh://root@127.0.0.1:{machine.record.learner_port}"
