"""A real engine with a real `--privileged`: in a vm of the shape of `ramlab dockerhost`, forked in a second."""

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from containers import ledger, machines
from ramlab.dockerhost import SHAPE, engine_address

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
_number = itertools.count(1)
collect_ignore = ["labs"]
"""They are for machines, and not tests of ours."""


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/machine/docker" in str(item.path):
            item.add_marker(pytest.mark.machine)
            item.add_marker(pytest.mark.docker)


class DockerHost:
    """The vm, and what a learner's computer has that uses its engine."""

    def __init__(self, vm, labs):
        """To be made, as all the rest, with the state folder that the vm is in."""
        self.vm = vm
        self.state = labs.parent / "state"
        self.url = engine_address(vm)
        self.env = {**os.environ, "DOCKER_HOST": self.url, "RAMLAB_LABS": str(labs), "LANG": "C.UTF-8"}

    def ramlab(self, *words, background=False):
        argv = [sys.executable, "-m", "ramlab.cli", *words]
        if background:
            return subprocess.Popen(
                argv, env=self.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        return subprocess.run(argv, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False)

    def snapshot(self):
        """What the kernel is set to, read at a door that no container has to do with."""
        return ledger.Snapshot.parse(self.vm.examiner.run("sh", stdin=ledger.record_script(), timeout=300).stdout)

    def docker(self, words):
        done = self.vm.learner.run(f"docker {words}", timeout=300)
        assert done.status == 0, done
        return done.stdout.strip()

    def left(self):
        """Containers, volumes and containers' cgroups that are there."""
        groups = self.vm.examiner.run("find /sys/fs/cgroup/docker -mindepth 1 -type d 2>/dev/null").stdout.split()
        return self.docker("ps -aq").split() + self.docker("volume ls -q").split() + groups


@pytest.fixture(scope="session")
def docker_vm(tmp_path_factory):
    """The vm and the state folder that it is in: of these tests alone, which sweep what is half-made."""
    state = tmp_path_factory.mktemp("docker") / "state"
    shutil.copytree(HERE / "labs", state.parent / "labs", ignore=shutil.ignore_patterns("__pycache__"))
    (state.parent / "pytest.ini").write_text("[pytest]\n")  # the root of a checkout
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(state))
        vm = machines.start("dockerhost@test", SHAPE)
    yield vm, state
    vm.stop()


@pytest.fixture
def dockerhost(docker_vm, monkeypatch):
    """The Docker host, as a learner's environment names it. What a test leaves there is removed."""
    vm, state = docker_vm
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    this = DockerHost(vm, state.parent / "labs")
    monkeypatch.setenv("DOCKER_HOST", this.url)
    yield this
    for machine in machines.every():
        if machine.kind == "docker":
            machine.stop()


@pytest.fixture
def student():
    return f"test-{next(_number)}"
