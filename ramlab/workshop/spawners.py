"""Where seats are: the one block of the hub's configuration that differs between a process, Docker and Kubernetes."""

from __future__ import annotations

import ipaddress
import socket
import sys
from pprint import pformat
from typing import TYPE_CHECKING

from containers import paths
from containers.errors import HostCannot
from ramlab import places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ramlab.workshop.terms import Terms

BEGIN = "# ---- where the seats are"
END = "# ---- the same wherever they are"
LABEL = "ramlab.workshop"
"""On each container of a seat: which workshop's it is."""
SEAT = ("-m", "ramlab.workshop.seat")
FORKING = ("-P", "-m", "ramlab.workshop.forking")
SEAT_PORT = 8888
"""In its container, which has nothing else that listens."""

ENV_KEEP = ["PATH", "PYTHONPATH", "LANG", "LC_ALL", "XDG_RUNTIME_DIR", "RAMLAB_ACCEL", "RAMLAB_HASTY", "TMPDIR"]
"""What seats have of the environment in which `ramlab workshop up` was typed."""

_UNPRIVILEGED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def block(terms: Terms, folder: Path, inside: str, board_port: int) -> str:
    """The lines for `terms.place`; `inside` is the address at which a seat finds hub and board."""
    made = {"process": _process, "docker": _docker, "kubernetes": _kubernetes}[terms.place](terms, folder)
    board = f"http://{f'[{inside}]' if ':' in inside else inside}:{board_port}/services/board"
    lines = [
        BEGIN,
        f"inside = {inside!r}",
        f"c.Spawner.environment = {{'RAMLAB_WORKSHOP_BOARD': {board!r}}}",
        *made,
        END,
    ]
    return "\n".join(lines) + "\n"


def inside(terms: Terms) -> str:
    """The address of this computer that seats can reach. Raises HostCannot where there is none."""
    if terms.place == "process":
        return "127.0.0.1"
    if terms.place == "docker":
        return _gateway(terms.network)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # documentation's own network: nothing is sent, only a route is looked up
        except OSError as error:
            raise HostCannot("this computer has no route to a cluster", hint="connect it to the network") from error
        return str(probe.getsockname()[0])


def state_home(folder: Path) -> Path:
    """XDG_STATE_HOME of the seats that are processes of this computer."""
    return folder / "seats"


def state_of(folder: Path) -> Path:
    """What `containers.paths.state` is for them."""
    return state_home(folder) / "ramlab"


def here(folder: Path) -> dict[str, str]:
    """Where seats that are processes of this computer find labs and cache, and have their machines."""
    return {
        "XDG_STATE_HOME": str(state_home(folder)),
        "XDG_CACHE_HOME": str(paths.cache().parent),
        "RAMLAB_LABS": str(places.labs_folder()),
    }


def _process(terms: Terms, folder: Path) -> list[str]:
    home = state_home(folder)
    return [
        f"# {terms.seats} processes of this user; each owns a machine, and its participant is root only in there.",
        "c.JupyterHub.spawner_class = 'ramlab.workshop.spawning.SeatSpawner'",
        f"c.SimpleLocalProcessSpawner.home_dir_template = {str(home / 'home' / '{username}')!r}",
        f"c.Spawner.cmd = {[sys.executable, *FORKING, SEAT[-1]]!r}",
        f"c.Spawner.environment.update({pformat(here(folder), width=100, sort_dicts=False)})",
        f"c.Spawner.env_keep = {ENV_KEEP!r}",
        "c.Spawner.poll_interval = 2  # seconds; a look at a process number costs nothing",
    ]


def _docker(terms: Terms, folder: Path) -> list[str]:
    limits = {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": 512,
        "devices": ["/dev/kvm:/dev/kvm:rw"] if terms.kvm else [],
    }
    labels = {LABEL: folder.name}
    return [
        "# A container without privileges for each seat; QEMU and the guest's disk are in there.",
        "c.JupyterHub.spawner_class = 'dockerspawner.DockerSpawner'",
        f"c.DockerSpawner.image = {terms.image!r}",
        f"c.DockerSpawner.name_template = {f'ramlab-{folder.name}-' + '{username}'!r}",
        f"c.DockerSpawner.network_name = {terms.network!r}",
        "c.DockerSpawner.use_internal_ip = True",
        "c.DockerSpawner.remove = False  # a seat that was ended for idleness finds its machine's folder again",
        f"c.Spawner.mem_limit = {terms.memory!r}",
        f"c.Spawner.cpu_limit = {terms.cpus}",
        f"c.DockerSpawner.extra_host_config = {limits!r}",
        f"c.DockerSpawner.extra_create_kwargs = {{'labels': {labels!r}}}",
        f"c.DockerSpawner.port = {SEAT_PORT}",
        f"c.Spawner.cmd = {['python3', *SEAT]!r}",
        "c.Spawner.poll_interval = 10",
    ]


def _kubernetes(terms: Terms, folder: Path) -> list[str]:
    name = folder.name.replace("_", "-").lower()  # as a pod may be called
    kvm = {"devices.kubevirt.io/kvm": "1"} if terms.kvm else {}
    return [
        "# A pod without privileges for each seat; QEMU and the guest's disk are in there.",
        "c.JupyterHub.spawner_class = 'kubespawner.KubeSpawner'",
        f"c.KubeSpawner.namespace = {terms.namespace!r}",
        f"c.KubeSpawner.image = {terms.image!r}",
        f"c.KubeSpawner.pod_name_template = {f'ramlab-{name}-' + '{user_server}'!r}",
        f"c.KubeSpawner.mem_limit = {terms.memory!r}",
        f"c.KubeSpawner.mem_guarantee = {terms.memory!r}",
        f"c.KubeSpawner.cpu_limit = {terms.cpus}",
        "c.KubeSpawner.cpu_guarantee = 0.1",
        f"c.KubeSpawner.extra_resource_limits = {kvm!r}",
        "c.KubeSpawner.uid = 1000",
        "c.KubeSpawner.gid = 1000",
        "c.KubeSpawner.fs_gid = 1000",
        "c.KubeSpawner.automount_service_account_token = False",
        f"c.KubeSpawner.container_security_context = {_UNPRIVILEGED!r}",
        f"c.KubeSpawner.port = {SEAT_PORT}",
        f"c.Spawner.cmd = {['python3', *SEAT]!r}",
        "c.Spawner.poll_interval = 10",
    ]


def _gateway(network: str) -> str:
    """Where containers of a Docker network find this computer."""
    import docker

    try:
        engine = docker.from_env()
        return own_address(engine.networks.get(network).attrs["IPAM"]["Config"][0])
    except Exception as error:  # the client's own kinds, and whatever a foreign engine leaves out
        raise HostCannot(
            f"Docker's network {network!r} does not say where this computer is: {error}",
            hint=f'start Docker, then: docker network inspect {network}; or seat.in = "process"',
        ) from error


def own_address(config: Mapping[str, str]) -> str:
    """A computer's own address in one of its networks, of which an engine says this (`IPAM.Config`).

    Of the network that it makes by itself an engine may give the subnet alone, and has its first address.
    """
    return config.get("Gateway") or str(next(ipaddress.ip_network(config["Subnet"]).hosts()))
