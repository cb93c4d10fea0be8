"""What `ramlab workshop up` refuses before it starts anything."""

import socket

import pytest

from containers.errors import HostCannot, UsageError
from ramlab.workshop import fits, proxying, running


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not list((tmp_path / "state").rglob("jupyterhub_config.py")), "it was begun"
    assert not list((tmp_path / "state").glob("ramlab/workshops/*")), "something is left"


def up(**words):
    return running.up(**{"config": "", "name": "workshop", "seats": 0, "port": 0, "demo": False, **words})


def test_a_port_that_somebody_has():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(HostCannot) as said:
            up(port=port)
    assert f"port {port} of 127.0.0.1 cannot be had" in said.value.message
    assert "--port" in said.value.hint


def test_more_seats_than_there_is_memory_for(monkeypatch):
    monkeypatch.setattr(fits, "free_mib", lambda: 4096)
    with socket.create_server(("127.0.0.1", 0)) as other:
        free = other.getsockname()[1]
    with pytest.raises(HostCannot) as said:
        up(seats=30, port=free)
    assert "30 seats need" in said.value.message
    assert "fit" in said.value.message


def test_no_node(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HostCannot, match="node is not installed") as said:
        proxying.node()
    assert "apt-get install" in said.value.hint


def test_a_node_that_is_too_old(monkeypatch, tmp_path):
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v12.22.9\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HostCannot, match=r"v12\.22\.9.*needs 18"):
        proxying.node()


def test_a_proxy_that_cannot_be_had(monkeypatch, tmp_path):
    """No network: npm says so, and nothing half-made stays."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'getaddrinfo ENOTFOUND' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(HostCannot, match="getaddrinfo ENOTFOUND"):
        proxying.program(lambda _: None)
    assert [path.name for path in (tmp_path / "cache/ramlab/proxy").iterdir() if path.is_dir()] == []


def test_the_lock_file_has_hashes_and_no_address():
    import json

    packages = json.loads((proxying.RECIPE / "package-lock.json").read_text())["packages"]
    assert packages["node_modules/configurable-http-proxy"]["version"].startswith("5.")
    for name, package in packages.items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-"), name


def test_a_workshop_that_is_over(home):
    (home / "workshop.toml").write_text("expires = 2020-01-01T00:00:00Z\n")
    with pytest.raises(UsageError, match="expired at"):
        up()


def test_a_demo_that_others_could_reach(home):
    (home / "workshop.toml").write_text('[address]\nhost = "0.0.0.0"\n')
    with pytest.raises(UsageError, match="everybody may be anybody"):
        up(demo=True)


def test_a_number_of_seats_that_is_none():
    with pytest.raises(UsageError, match="seats is -1"):
        up(seats=-1)


def test_privileged_containers_are_warned_of(home, capsys):
    (home / "workshop.toml").write_text('machine = "docker"\nexpires = 2020-01-01T00:00:00Z\n')
    with pytest.raises(UsageError):
        up()
    (home / "workshop.toml").write_text('machine = "docker"\n')
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(HostCannot):
        up(port=other.getsockname()[1])
    assert "shares the kernel" in capsys.readouterr().err


def test_a_name_that_leads_elsewhere():
    with pytest.raises(UsageError, match="no name for a workshop"):
        up(name="../x")


def test_status_and_down_of_none():
    with pytest.raises(UsageError, match="no workshop 'workshop'"):
        running.status(name="workshop")
    with pytest.raises(UsageError, match="no workshop 'workshop'"):
        running.down(name="workshop", out="")
