"""How many seats have room."""

import pytest

from containers.errors import HostCannot
from ramlab.workshop import fits

MEMINFO = "MemTotal: 8000000 kB\nMemAvailable: 6291456 kB\n"


def files(root, said):
    for name, text in said.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_so_many_fit_and_one_more_does_not():
    room = fits.Room(free_mib=6144, machine_mib=512)
    assert room.needed(room.fit) <= 6144 < room.needed(room.fit + 1)
    room.refuse(room.fit)
    with pytest.raises(HostCannot) as said:
        room.refuse(30)
    assert f"{room.fit} fit" in said.value.message
    assert "512" in said.value.message
    assert said.value.hint == f"ramlab workshop up --seats {room.fit}"


def test_where_none_fits():
    with pytest.raises(HostCannot, match="0 fit"):
        fits.Room(free_mib=400, machine_mib=512).refuse(1)


def test_the_largest_machine_counts():
    assert fits.look(["256M", "1G", "512M"]).machine_mib == 1024


@pytest.mark.parametrize(
    ("groups", "free"),
    [
        ({}, 6144),
        ({"a/memory.max": "max"}, 6144),
        ({"a/memory.max": str(2 << 30), "a/memory.current": str(1 << 30)}, 1024 + 64),
        # The limit of a group above holds as well.
        ({"memory.max": str(1 << 30), "memory.current": str(512 << 20)}, 512 + 64),
    ],
)
def test_a_containers_limit_holds(tmp_path, groups, free):
    files(tmp_path / "proc", {"meminfo": MEMINFO, "self/cgroup": "0::/a/b\n"})
    whole = {}
    for name, text in groups.items():
        whole[name] = text
        whole[name.rpartition("/")[0] + "/memory.stat"] = f"anon 1\ninactive_file {64 << 20}\n"
    files(tmp_path / "cgroup", {name.lstrip("/"): text for name, text in whole.items()})
    assert fits.free_mib(tmp_path / "proc", tmp_path / "cgroup") == free
