"""An engine that cannot be used is named, with the way out. A stand-in only for what cannot be had: an old engine."""

import http.server
import socket
import socketserver
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import docker.errors
import pytest

from containers import engines
from containers.errors import HostCannot, MachineError, UsageError


def test_no_engine_behind_the_socket(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    with pytest.raises(HostCannot, match=r"no engine answers at unix://.*none\.sock: No such file") as told:
        engines.connect()
    assert "systemctl start docker" in told.value.hint
    assert "--machine vm" in told.value.hint


def test_a_socket_that_one_may_not_use():
    with (
        pytest.raises(HostCannot, match=r"may not use the engine's socket /run/docker\.sock") as told,
        engines.explained("unix:///run/docker.sock"),
    ):
        raise PermissionError(13, "Permission denied")
    assert "usermod -aG docker" in told.value.hint


AS_NOBODY = """
import os, sys
sys.path.insert(0, sys.argv[1])
from containers import engines, errors
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    engines.connect()
except errors.HostCannot as error:
    print(error.message)
"""


def test_a_socket_that_the_kernel_refuses(tmp_path):
    """For real: it belongs to somebody else, who lets nobody in."""
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(path))
        engine.listen()
        path.chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(Path(engines.__file__).parents[1])],
            env={"DOCKER_HOST": f"unix://{path}", "XDG_STATE_HOME": str(tmp_path)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert done.stdout == f"you may not use the engine's socket {path}\n", done.stderr


@pytest.mark.parametrize("url", ["ftp://here", "docker.sock", "ssh://"])
def test_an_address_that_is_none(monkeypatch, url):
    monkeypatch.setenv("DOCKER_HOST", url)

    with pytest.raises(UsageError, match="DOCKER_HOST is") as told:
        engines.connect()
    assert "legal: " in told.value.hint


def test_an_ssh_host_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", "ssh://nobody@127.0.0.1:9")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    with pytest.raises(HostCannot, match=r"no engine answers at ssh://nobody@127\.0\.0\.1:9") as told:
        engines.connect()
    assert "ssh -l nobody -p 9 127.0.0.1 docker version" in told.value.hint


def test_a_socket_that_one_may_not_use_on_an_ssh_host(monkeypatch):
    """What docker 28.2.2 says there, for whom the socket is not."""
    words = "failed to open the raw stream connection: dial unix /run/docker.sock: connect: permission denied"
    monkeypatch.setattr(engines, "_ssh_argv", lambda _: ["sh", "-c", f"echo '{words}' >&2"])
    monkeypatch.setenv("DOCKER_HOST", "ssh://ann@far")

    with pytest.raises(HostCannot, match="ann may not use the engine's socket on far: failed to open") as told:
        engines.connect()
    assert "usermod -aG docker" in told.value.hint


def test_no_engine_anywhere(monkeypatch, tmp_path):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(engines, "_USUAL", (f"{tmp_path}/none.sock",))

    with pytest.raises(HostCannot, match="no container engine was found") as told:
        engines.connect()
    assert "ramlab dockerhost" in told.value.hint


def test_a_context_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")

    with pytest.raises(HostCannot, match="there is no docker context 'elsewhere'") as told:
        engines.connect()
    assert "docker context ls" in told.value.hint


def test_an_engine_that_is_too_old(tmp_path, monkeypatch):
    class Old(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b"OK" if self.path.endswith("/_ping") else b'{"ApiVersion": "1.24", "Version": "1.12.6"}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self):
            return "unix"

        def log_message(self, *_):
            pass

    with socketserver.ThreadingUnixStreamServer(str(tmp_path / "old.sock"), Old) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/old.sock")
        with pytest.raises(HostCannot, match=r"too old: its API is 1\.24"):
            engines.connect()
        server.shutdown()


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("OCI runtime create failed: unable to apply caps: operation not permitted", HostCannot, "privileged"),
        ("write /var/lib/docker/tmp: no space left on device", HostCannot, "disk of the engine"),
        ("something else", MachineError, "refused: something else"),
    ],
)
def test_what_an_engine_refuses_is_told_apart(said, kind, words):
    """The first is what Docker 20.10 said where its own bounding set had no CAP_SYS_RESOURCE."""
    with pytest.raises(kind, match=words), engines.explained("unix:///run/docker.sock"):
        raise docker.errors.APIError("500 Server Error", explanation=said)


def test_podmans_identity_is_not_the_one_that_it_makes_up():
    """5.4.2 gave another ID with each reply; two ledgers of one engine would know nothing of each other."""
    replies = iter([
        {"ID": "5aaf2c20", "Name": "desk", "DockerRootDir": "/var/lib/containers/storage"},
        {"ID": "83efb622", "Name": "desk", "DockerRootDir": "/var/lib/containers/storage"},
    ])  # fmt: skip
    first, second = (
        engines.Engine("unix:///run/podman/podman.sock", SimpleNamespace(info=lambda: next(replies)), podman=True)
        for _ in range(2)
    )

    assert first.id == second.id == "desk-var-lib-containers-storage"
