"""The end of a workshop: seats, machines, processes and files go; the export stays."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from containers import locks, paths, sockets
from containers.errors import MachineError, RamlabError, UsageError
from ramlab import records
from ramlab.workshop import hub, spawners
from ramlab.workshop.hub_api import Api
from ramlab.workshop.processes import Process, end, with_environment
from ramlab.workshop.terms import FILE, Terms
from ramlab.workshop.workers import MARK as OURS

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "ending"
"""In the folder while `down` is at work: `up` then says nothing of the seats."""


def existing(folder: Path) -> Path:
    """`folder`, where a workshop was begun. Raises UsageError."""
    if not (folder / FILE).exists():
        there = sorted(path.parent.name for path in folder.parent.glob(f"*/{FILE}"))
        raise UsageError(
            f"no workshop {folder.name!r} has been begun here",
            hint=f"there is: {', '.join(there)} (--name)" if there else "begin one: ramlab workshop up",
        )
    return folder


def api_of(folder: Path, terms: Terms) -> Api | None:
    """The hub's API, where it has ever been started."""
    ports = hub.kept_ports(folder)
    if ports is None:
        return None
    inside = spawners.inside(terms)
    return Api(f"http://{inside}:{ports.hub}/hub/api", hub.Secrets.of(folder, terms).keeper)


def down(folder: Path, name: str, out: str) -> int:
    """Export, then end everything and remove the folder."""
    terms = Terms.of(existing(folder))
    place = Path(out or f"{name}-export")
    exported = _export(folder, place)
    (folder / MARK).touch()
    try:
        _end_seats(folder, terms)
        _end_up(folder)
        exported = _export(folder, place) or exported  # the board has written its last seconds as it ended
        _end_what_is_left(folder)
        _end_machines(folder, terms)
    except BaseException:
        (folder / MARK).unlink(missing_ok=True)
        raise
    shutil.rmtree(folder)
    with suppress(OSError):  # others are in it
        folder.parent.rmdir()
    print(
        f"The workshop {name!r} has ended. {f'What was done is in {place}' if exported else 'Nobody had been in it.'}"
    )
    return 0


def _export(folder: Path, place: Path) -> bool:
    from ramlab.workshop import export

    try:
        export.write(folder, place)
    except export.NobodyCame:
        return False
    return True


def _end_seats(folder: Path, terms: Terms) -> None:
    """By the hub, where they are not processes of this computer: it alone knows how."""
    if terms.place == "process":
        return
    api = api_of(folder, terms)
    if api is None or not api.answers("/"):
        raise MachineError(
            f"the hub does not run, and only it can end seats in {terms.place}",
            hint="ramlab workshop up, and in another terminal: ramlab workshop down",
        )
    api.end_seats()


def _end_up(folder: Path) -> None:
    """`ramlab workshop up` itself, which ends hub, proxy, board and culler."""
    known = records.read(folder / "processes.json")
    one = Process(**known["up"]) if "up" in known else None
    if one and one.pid != os.getpid():
        one.signal(signal.SIGTERM)
        deadline = time.monotonic() + 30
        while one.alive and time.monotonic() < deadline:
            time.sleep(0.05)
        end([one])
    if locks.held(folder / "up.lock"):
        raise MachineError(
            "another `ramlab workshop up` holds this workshop", hint="end it with Ctrl-C, then the same again"
        )


def _end_what_is_left(folder: Path) -> None:
    """Whatever was started with this workshop's environment: seats, checks, terminals, keepers of machines."""
    home = spawners.state_home(folder)
    for _ in range(3):  # one that is ended may just have started another
        left = with_environment(f"{OURS}={folder}", f"XDG_STATE_HOME={home}")
        # The machines are ended in order, below.
        left = [one for one in left if "qemu-system" not in _program(one)]
        if not left:
            return
        end(left)


def _end_machines(folder: Path, terms: Terms) -> None:
    home = spawners.state_home(folder)
    if terms.place == "process" and home.exists():
        with _state_home(home):
            from containers import machines

            for machine in machines.every():
                try:
                    machine.stop()
                except RamlabError as error:
                    print(f"{machine.name}: {error.message}", file=sys.stderr)
            machines.sweep()
            shutil.rmtree(sockets.folder_of(paths.state() / "checking"), ignore_errors=True)  # its owner was ended
        end(with_environment(f"XDG_STATE_HOME={home}"))
    if terms.place == "docker":
        import docker

        for container in docker.from_env().containers.list(
            all=True, filters={"label": f"{spawners.LABEL}={folder.name}"}
        ):
            container.remove(force=True, v=True)


def _program(process: Process) -> str:
    try:
        return Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0", 1)[0].decode(errors="replace")
    except OSError:
        return ""


@contextmanager
def _state_home(place: Path) -> Iterator[None]:
    """Be where the seats keep their machines."""
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(place)
    try:
        yield
    finally:
        os.environ.pop("XDG_STATE_HOME")
        if before is not None:
            os.environ["XDG_STATE_HOME"] = before
