"""Taking a `docker` machine away, and what it did to the kernel of its engine's host.

What is undone is undone where that kernel is: by a helper container on the same engine, wherever the engine runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from containers import engines, ledger, machines, paths
from containers.docker_machine import EXAMINER, LABEL, OWNER
from containers.errors import HostCannot, MachineError
from containers.machine import silent

if TYPE_CHECKING:
    from containers.engines import Engine
    from containers.ledger import Ledger, Snapshot
    from containers.machine import Progress


def remove(engine: Engine, name: str) -> None:
    """Remove what machine `name` has on the engine; put the kernel's values back when it was the last one there.

    Raises MachineError naming what could not be put back.
    """
    with ledger.Ledger(engine.id).locked() as book:
        _remove(engine, book, name)


def settle(engine: Engine, book: Ledger, progress: Progress) -> list[str]:
    """Remove the machines of the ledger that have ended behind our back; their names. The caller holds its lock."""
    account = book.account()
    if account is None:
        return []
    running = _running(engine)
    ended = [name for name in account.machines if name not in running and not machines.busy(name)]
    for name in ended:
        progress(f"undoing what {name} left")
        _remove(engine, book, name)
    account = book.account()
    if account and not account.machines:  # whoever was at this was cut short
        _put_back(engine, book, [], [])
    return ended


def sweep() -> list[str]:
    """Settle every ledger whose engine answers; the names of the machines that had ended."""
    names: list[str] = []
    for book in ledger.Ledger.every():
        with book.locked():
            account = book.account()
            if account is None:
                continue
            if engines.gone(account.host):
                book.forget()
                names += account.machines
                continue
            try:
                engine = engines.connect(account.engine)
            except HostCannot:
                continue  # its containers may run on: nothing is known
            names += settle(engine, book, silent)
    return names


def _remove(engine: Engine, book: Ledger, name: str) -> None:
    labels = {"label": [f"{LABEL}={name}", f"{OWNER}={paths.state()}"]}
    with engines.explained(engine.url):
        found = engine.api.containers(all=True, filters=labels)
        containers = [one["Id"] for one in found]
        for container in containers:
            engine.api.remove_container(container, force=True)
        volumes = [one["Name"] for one in engine.api.volumes(filters=labels)["Volumes"] or []]
    if book.leave(name):
        _put_back(engine, book, containers, volumes)
    elif (account := book.account()) and account.snapshot:
        _helper(engine, account.snapshot, containers, volumes, volumes_only=True)
    with engines.explained(engine.url):
        for volume in volumes:
            engine.api.remove_volume(volume)


def _put_back(engine: Engine, book: Ledger, containers: list[str], volumes: list[str]) -> None:
    """With no machine left: have the kernel as the snapshot says, see that it is so, and close the account."""
    account = book.account()
    if account and account.snapshot:
        now, complaints = _helper(engine, account.snapshot, containers, volumes)
        if differences := ledger.differences(account.snapshot, now):
            listed = "\n".join(f"  {difference}" for difference in differences)
            raise MachineError(
                f"the kernel of {engine.url} is not as it was found:\n{listed}\n{complaints}".strip(),
                hint="put that right by hand, then type: ramlab status     (it tries again, and looks)",
            )
    book.settle()


def _helper(
    engine: Engine, before: Snapshot, containers: list[str], volumes: list[str], *, volumes_only: bool = False
) -> tuple[Snapshot, str]:
    """Restore beside the processes of the engine's host; how the kernel is then, and what was complained of.

    `containers` are those that have ended, whose cgroups and whose `volumes` have to go.
    """
    from containers.docker_start import image

    tag = image(engine, silent)
    # Not through stdin: not every way to an engine can pass on that there is no more to come.
    script = 'printf %s "$RAMLAB_BEFORE" | busybox sh -c "$RAMLAB_RESTORE"'
    environment = {
        "RAMLAB_BEFORE": before.text(),
        "RAMLAB_RESTORE": ledger.restore_script(volumes_only=volumes_only),
        "CONTAINERS": " ".join(containers),
    }
    with engines.explained(engine.url):
        config = engine.api.create_host_config(
            privileged=True, network_mode="none", pid_mode="host",
            binds={volume: {"bind": f"/volumes/{volume}", "mode": "rw"} for volume in volumes},
        )  # fmt: skip
        made = engine.api.create_container(
            tag, command=["busybox", "sh", "-c", script], labels={OWNER: str(paths.state())}, host_config=config,
            environment=environment,
        )["Id"]  # fmt: skip
        try:
            engine.api.start(made)
            engine.api.wait(made)
            said, complaints = (
                engine.api.logs(made, stdout=out, stderr=not out).decode(errors="replace") for out in (True, False)
            )
        finally:
            engine.api.remove_container(made, force=True)
    return ledger.Snapshot.parse(said), complaints.strip()


def _running(engine: Engine) -> set[str]:
    with engines.explained(engine.url):
        found = engine.api.containers(filters={"label": [LABEL, f"{OWNER}={paths.state()}"]})
    # A machine has two containers; an examiner's without a learner's is what a start that was cut short has left.
    return {one["Labels"][LABEL] for one in found if EXAMINER not in one["Labels"]}
