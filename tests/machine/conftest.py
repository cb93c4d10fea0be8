"""Real machines. A fork costs half a second, so most tests take one of their own."""

import itertools
import os

import pytest

from containers import machines
from containers.shape import Shape

SMALL = Shape(memory="128M", cpus=1)
"""A shape that no lab has: its template may be built, damaged and thrown away."""

_number = itertools.count(1)


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/machine" in str(item.path):
            item.add_marker(pytest.mark.machine)


def unique_name(word: str) -> str:
    return f"{word}@test-{os.getpid()}-{next(_number)}"


@pytest.fixture
def start():
    """Starts machines and stops all of them afterwards, whatever happened to them."""
    started = []

    def start_one(word: str = "fork", shape: Shape | None = None):
        machine = machines.start(unique_name(word), shape or Shape())
        started.append(machine)
        return machine

    yield start_one
    for machine in started:
        machine.stop()


@pytest.fixture
def machine(start):
    return start()


@pytest.fixture
def private_state(tmp_path, monkeypatch):
    """A state folder of this test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def private_cache(tmp_path, monkeypatch):
    """A cache of this test's own, with the real image in it but no template."""
    from containers import kvm, paths
    from containers.image import build

    kvm.verdict(build.ensure(print), print)
    real = paths.cache()
    place = tmp_path / "cache" / "ramlab"
    place.mkdir(parents=True)
    for shared in ("images", "kvm"):
        if (real / shared).exists():
            (place / shared).symlink_to(real / shared)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return place
