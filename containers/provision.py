"""What each kind of machine has of what labs may need.

What an engine's containers have is found out by asking one (`inside/probe.sh`), and remembered per engine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from containers import engines, paths
from containers.errors import HostCannot

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from containers.engines import Engine
    from containers.machine import Progress

_VM_LACKS = {
    "cgroup_v1": "the kernel of the image has no memory controller for it",
}
_CAPABILITIES = {"sysctls": (21, "CAP_SYS_ADMIN"), "swap": (21, "CAP_SYS_ADMIN"), "resource": (24, "CAP_SYS_RESOURCE"),
                 "kernel_log": (34, "CAP_SYSLOG")}  # fmt: skip
_LIMIT = 256 << 20
"""Bytes that the container which is asked may have: whether such a limit holds is among what it says."""
_EVERYBODY = ["0", "0", "4294967295"]
_SWAP_FILES = frozenset({"ext2", "ext3", "ext4", "xfs", "f2fs"})
"""File systems that take a swap file as `mkswap` and `swapon` make it (btrfs wants it made in its own way)."""


def lacking(kind: str, needs: Collection[str], progress: Progress) -> dict[str, str]:
    """What a machine of this kind has not, of what is needed, and why. Raises HostCannot where there is no engine."""
    if not needs:
        return {}
    lacks = _VM_LACKS if kind == "vm" else lacks_of(facts(engines.connect(), progress))
    return {need: lacks[need] for need in needs if need in lacks}


def lacks_of(found: Mapping[str, str]) -> dict[str, str]:
    """What containers with these facts have not, and why."""
    lacks = {"own_kernel": "a container has the kernel of its host", "disks": "a container has its host's disks"}
    if found["uid_map"].split() != _EVERYBODY:
        why = "the engine is rootless or has user namespaces: its root is not the kernel's"
        lacks |= dict.fromkeys(("sysctls", "swap", "resource", "kernel_log"), why)
    for need, (bit, name) in _CAPABILITIES.items():
        if not int(found["CapEff"], 16) >> bit & 1:
            lacks.setdefault(need, f"its privileged containers lack {name}")
    if found.get("sysctls") != "writable" or found.get("proc_sys") == "ro":
        lacks.setdefault("sysctls", "/proc/sys is read-only in its containers")
    if found.get("disk", "") not in _SWAP_FILES:
        lacks.setdefault("swap", f"volumes are on {found.get('disk', 'no disk')}, which takes no swap file")
    if why := _no_cgroup(found):
        lacks["cgroup_v2"] = why
    if "cgroup_v1" not in found:
        lacks["cgroup_v1"] = "the host has cgroup v2 only"
    if "kmsg" not in found:
        lacks.setdefault("kernel_log", "its containers have no /dev/kmsg")
    if "thp" not in found:
        lacks["thp"] = "the host's kernel has none"
    nodes = int(found["nodes"])
    return lacks | {f"numa_{count}": f"the host has {nodes}" for count in (2, 4) if nodes < count}


def _no_cgroup(found: Mapping[str, str]) -> str:
    """Why these containers have no cgroup of version 2 to themselves; empty where they have."""
    if found.get("cgroup", "") != "cgroup2 rw" or "memory" not in found.get("controllers", "").split():
        return f"/sys/fs/cgroup is {found.get('cgroup', 'missing')} in its containers"
    if found.get("limit") == "max":  # though one was asked for
        return "the engine gives its containers no cgroup, so no limit holds: has its user one delegated?"
    return ""


def facts(engine: Engine, progress: Progress, *, anew: bool = False) -> dict[str, str]:
    """What a privileged container on this engine says of itself; remembered until engine or kernel change.

    Not all is seen to change: `anew` asks in any case.
    """
    asked = {
        name: str(engine.info.get(name)) for name in ("ServerVersion", "KernelVersion", "SecurityOptions", "Driver")
    }
    path = paths.state() / "engines" / f"{''.join(c if c.isalnum() else '-' for c in engine.id)}.json"
    try:
        kept = json.loads(path.read_text())
        if kept["engine"] == asked and not anew:
            return dict(kept["facts"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    found = _ask(engine, progress)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"engine": asked, "facts": found}, indent=1))
    draft.rename(path)
    return found


def _ask(engine: Engine, progress: Progress) -> dict[str, str]:
    from containers.docker_machine import DISK, OWNER
    from containers.docker_start import image

    if "name=userns" in (engine.info.get("SecurityOptions") or []):  # told before an image is brought there in vain
        raise engines.user_namespaces(engine.url)
    tag = image(engine, progress)
    progress("asking the engine what its containers may do (once)")
    script = (Path(__file__).parent / "inside" / "probe.sh").read_text()
    with engines.explained(engine.url):
        config = engine.api.create_host_config(privileged=True, network_mode="none", mem_limit=_LIMIT)
        made = engine.api.create_container(
            tag, command=["busybox", "sh", "-c", script], volumes=[DISK], host_config=config,
            labels={OWNER: str(paths.state())},
        )["Id"]  # fmt: skip
        try:
            engine.api.start(made)
            engine.api.wait(made)
            said = engine.api.logs(made).decode(errors="replace")
        finally:
            engine.api.remove_container(made, force=True, v=True)
    found = dict(line.partition(" ")[::2] for line in said.splitlines())
    if missing := {"CapEff", "uid_map", "nodes"} - found.keys():
        raise HostCannot(
            f"a container on {engine.title} does not say {', '.join(sorted(missing))}: {said[-200:]!r}",
            hint="use another engine, or say --machine vm",
        )
    return found
