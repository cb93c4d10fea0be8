"""The container engine that this user's environment names, by the Docker SDK.

DOCKER_HOST first, then the context of the docker command line (DOCKER_CONTEXT, or the current one), then the usual
sockets. An engine behind ssh is reached as that command line does it (`docker system dial-stdio` there), over one
shared connection.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import docker
import docker.errors
import requests.exceptions
from docker.tls import TLSConfig

from containers import contexts, machines, paths, sockets, tls
from containers.errors import HostCannot, MachineError, UsageError
from containers.transport import Adapter, Ssh, Way

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

    from containers.vm import VmMachine

OLDEST_API = (1, 40)
"""Docker 19.03: private cgroup namespaces came with 1.41, everything else that is used was there before."""
_ANY = ".".join(map(str, OLDEST_API))
"""What a client is made with, until the engine has said what it speaks."""
SECONDS = 300
"""How long one request may take: an emulated host was seen to need 50 s to import an image."""
_USUAL = ("/var/run/docker.sock", "{runtime}/docker.sock", "{runtime}/podman/podman.sock", "/run/podman/podman.sock")
_LAST_WORDS = re.compile(r"'([^']*)'\)*$")
"""Of the exceptions within exceptions that requests tells: the system's own words."""


class Engine:
    """One engine, wherever it runs."""

    def __init__(self, url: str, api: docker.APIClient, *, podman: bool = False) -> None:
        self.url = url
        self.api = api
        self.podman = podman
        own = _own_vm(urlsplit(url))
        self.host = own.life if own else ""
        """The life of the machine of ours that it runs in; empty for every other engine."""

    @cached_property
    def info(self) -> dict[str, Any]:
        """What the engine says of itself and its host."""
        with explained(self.url):
            return dict(self.api.info())

    def runs(self, container: str) -> bool:
        """Whether the container runs; not, where the engine does not answer any more."""
        try:
            return bool(self.api.inspect_container(container)["State"]["Running"])
        except (docker.errors.DockerException, OSError):  # which what requests raises is as well
            return False

    @property
    def id(self) -> str:
        """The same for the same engine, however it was reached.

        Podman makes up another one each time that it is asked, so there it is its host's name and where it keeps its
        containers, which each user has elsewhere.
        """
        if self.podman:
            return f"{self.info['Name']}{self.info['DockerRootDir']}".replace("/", "-")
        return str(self.info["ID"])

    @property
    def title(self) -> str:
        """For people: what it is and where."""
        return f"{self.info.get('ServerVersion', '?')} at {self.url}"


def connect(url: str = "") -> Engine:
    """The engine at `url`, or else the one that the environment names; in one process always the same object.

    Raises HostCannot with the way out: none there, not running, no permission, too old.
    """
    if url in _connected:
        return _connected[url]
    try:
        if url:
            return _connected.setdefault(url, _connect(url, tls.noted(url)))
        url, config = _chosen()
    except docker.errors.TLSParameterError as error:
        at = url or os.environ.get("DOCKER_HOST") or "the engine of the current docker context"
        raise HostCannot(
            f"the certificates for {at} cannot be used: {getattr(error, 'msg', error)}",
            hint="DOCKER_CERT_PATH (or ~/.docker) is the folder of ca.pem, cert.pem and key.pem; docker context ls",
        ) from error
    if url not in _connected:
        _connected[url] = _connect(url, config)
        tls.note(url, config)
    return _connected[url]


_connected: dict[str, Engine] = {}


def _connect(url: str, config: TLSConfig | None) -> Engine:
    with explained(url):
        api = _client(url, config)
        version = api.version(api_version=False)  # which every engine answers, whatever versions it speaks
    api._version = version["ApiVersion"]  # type: ignore[attr-defined] # noqa: SLF001 -- as the SDK does
    offered = tuple(int(part) for part in version["ApiVersion"].split("."))
    if offered < OLDEST_API:
        raise HostCannot(
            f"the engine at {url} is too old: its API is {version['ApiVersion']}",
            hint=f"API {_ANY} or later is needed (Docker 19.03); or say --machine vm",
        )
    parts = {part.get("Name") for part in version.get("Components") or []}
    return Engine(url, api, podman="Podman Engine" in parts)


def _chosen() -> tuple[str, TLSConfig | None]:
    """The engine's address and TLS settings, as the docker command line would choose them."""
    if url := os.environ.get("DOCKER_HOST"):
        return url, tls.of_environment() if urlsplit(url).scheme in {"tcp", "https"} else None
    if context := contexts.chosen():
        return context
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    for place in _USUAL:
        path = place.format(runtime=runtime)
        if Path(path).exists():
            return f"unix://{path}", None
    raise HostCannot(
        "no container engine was found here",
        hint="install and start one (docker.io, or podman with its socket), or set DOCKER_HOST, or have one in a\n"
        'machine of ours: eval "$(ramlab dockerhost)"; or say --machine vm, which needs none',
    )


def _client(url: str, config: TLSConfig | None) -> docker.APIClient:
    """A client that has not asked anything yet."""
    parts = urlsplit(url)
    if parts.scheme == "ssh":
        if not parts.hostname:
            raise UsageError(f"DOCKER_HOST is {url!r}", hint="legal: ssh://USER@HOST[:PORT]")
        return _client_by(Ssh(_ssh_argv(parts)), url)
    if parts.scheme not in ("unix", "tcp", "http", "https"):
        raise UsageError(f"DOCKER_HOST is {url!r}", hint="legal: unix:///PATH, tcp://HOST:PORT, ssh://USER@HOST[:PORT]")
    if parts.scheme == "https" or (config and parts.scheme != "unix"):
        host, port = parts.hostname or "127.0.0.1", parts.port or tls.PORT
        return _client_by(tls.Tls(host, port, config or TLSConfig(verify=True), seconds=SECONDS), url)
    return docker.APIClient(base_url=url, version=_ANY, timeout=SECONDS)


_ways: dict[str, Way] = {}


def _client_by(way: Way, url: str) -> docker.APIClient:
    """Made as for a local socket; only how a connection comes about is another."""
    _ways[url] = way
    api = docker.APIClient(base_url="unix:///unused", version=_ANY, timeout=SECONDS)
    api.mount("http+docker://", Adapter(way, SECONDS))
    return api


def _ssh_argv(parts: SplitResult) -> list[str]:
    """How to get to `docker system dial-stdio` there."""
    tail = ["docker", "system", "dial-stdio"]
    if own := _own_vm(parts):  # its door is open already
        own.learner.open()
        return own.learner.argv(" ".join(tail))
    place = paths.state() / "ssh"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    shared = ["-o", "ControlMaster=auto", "-o", f"ControlPath={sockets.folder_of(place)}/%C", "-o", "ControlPersist=60"]
    sockets.make(place)
    where = [*(["-l", parts.username] if parts.username else []), *(["-p", str(parts.port)] if parts.port else [])]
    return ["ssh", "-T", "-o", "BatchMode=yes", *shared, *where, "--", str(parts.hostname), *tail]


def _own_vm(parts: SplitResult) -> VmMachine | None:
    """The machine of ours at this address."""
    if (parts.scheme, parts.hostname) != ("ssh", "127.0.0.1"):
        return None
    return next((vm for vm in machines.vms() if vm.record.learner_port == parts.port), None)


def gone(host: str) -> bool:
    """Whether `host`, an engine's, was a machine of ours that has ended: with all containers, and with its kernel."""
    return bool(host) and host not in {machine.life for machine in machines.vms()}


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Let what the SDK raises say what is wrong and what to do next."""
    try:
        yield
    except docker.errors.APIError as error:  # before the next two, which it is as well
        raise _refused(url, error) from error
    except requests.exceptions.ReadTimeout as error:
        raise MachineError(
            f"the engine at {url} gave no reply within {SECONDS} s", hint="is it overloaded? see its log, try again"
        ) from error
    except (requests.exceptions.ConnectionError, ConnectionError, OSError) as error:
        _unreachable(url, error)
    except docker.errors.DockerException as error:
        _unreachable(url, error)


def _unreachable(url: str, error: Exception) -> NoReturn:
    said = str(error)
    path = urlsplit(url).path
    words = _ways[url].last_words() if url in _ways else ""
    if "Permission denied" in said:
        raise HostCannot(
            f"you may not use the engine's socket {path}",
            hint="sudo usermod -aG docker $USER, then log in again (who is in that group is as good as root);"
            "\nor say --machine vm, which needs no such right",
        ) from error
    if url.startswith("ssh:"):
        parts = urlsplit(url)
        if "permission denied" in words.lower() and ".sock" in words:  # ssh's own names no socket
            raise HostCannot(
                f"{parts.username or 'that user'} may not use the engine's socket on {parts.hostname}: {words}",
                hint="there: sudo usermod -aG docker USER (who is in that group is as good as root);"
                " or say --machine vm",
            ) from error
        words = f": {words}" if words else ""
        if parts.hostname == "127.0.0.1":
            raise HostCannot(
                f"no engine answers at {url}{words}",
                hint='was it a machine of ours? have a fresh one: ramlab stop dockerhost; eval "$(ramlab dockerhost)"'
                f"\nelse try: {_by_hand(parts)}",
            ) from error
        raise HostCannot(
            f"no engine answers at {url}{words}",
            hint=f"try: {_by_hand(parts)}",
        ) from error
    words = words or (found[1] if (found := _LAST_WORDS.search(said)) else said)[:200]
    if "[SSL" in words:
        raise _not_ours(url, words) from error
    raise HostCannot(
        f"no engine answers at {url}: {words}",
        hint="start it (sudo systemctl start docker), or set DOCKER_HOST; or say --machine vm, which needs none",
    ) from error


def user_namespaces(url: str) -> HostCannot:
    """What there is to say of an engine that maps its containers' root to somebody else."""
    return HostCannot(
        f"the engine at {url} has user namespaces (userns-remap), with which it starts nothing privileged",
        hint="no lab can run there: use an engine without, or say --machine vm, which needs no right at all",
    )


def _not_ours(url: str, words: str) -> HostCannot:
    return HostCannot(
        f"the engine at {url} and the certificates here do not fit: {words}",
        hint="DOCKER_TLS_VERIFY=1 asks for TLS, DOCKER_CERT_PATH (or ~/.docker) is the folder of ca.pem, cert.pem and"
        "\nkey.pem: are they for that engine, and is its name in its certificate? or say --machine vm",
    )


def _by_hand(parts: SplitResult) -> str:
    return f"ssh -l {parts.username or 'USER'} -p {parts.port or 22} {parts.hostname} docker version"


def _refused(url: str, error: docker.errors.APIError) -> HostCannot | MachineError:
    said = str(error.explanation or error)
    if "unable to apply caps" in said or "operation not permitted" in said.lower():
        return HostCannot(
            f"the engine at {url} may not start privileged containers: {said[:300]}",
            hint="it lacks a capability itself (inside another container?): use an engine on a real host,\n"
            "or say --machine vm, which needs no right at all",
        )
    if "HTTP request to an HTTPS server" in said:
        return _not_ours(url, "it wants TLS, and was not asked so")
    if "incompatible with user namespaces" in said:
        return user_namespaces(url)
    if "no space left" in said.lower():
        return HostCannot(
            f"the disk of the engine at {url} is full", hint="free some there; docker system df shows what takes it"
        )
    return MachineError(f"the engine at {url} refused: {said[:300]}", hint="ramlab doctor")
