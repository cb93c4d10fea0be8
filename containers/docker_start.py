"""Starting a machine of the kind `docker`.

The examiner's container is there first. It says what the host's kernel is set to; when that is in the ledger, on disk,
the learner's container starts, and the examiner's makes a door to its processes and sets the stage.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from containers import docker_machine, engines, ledger, locks, paths, undoing
from containers.docker_machine import DISK, EXAMINER, LABEL, OWNER, DockerMachine, Record
from containers.errors import HostCannot, MachineError
from containers.exec_door import EXAMINERS_DOOR
from containers.machine import USED, host_name
from containers.setup_line import SetupLine
from containers.shape import mib
from containers.streams import Stream

if TYPE_CHECKING:
    from containers.engines import Engine
    from containers.machine import Progress
    from containers.shape import Shape

SECONDS = 300
"""How long the examiner's container may take to say the first word; an emulated host was seen to need 5 s."""
HOST_PROC = "/host/proc"
"""Where the examiner has the host's /proc, read-only: the kernel log names processes by the host's pids."""
_INSIDE = Path(__file__).parent / "inside"


def start(name: str, folder: Path, shape: Shape, *, writes: bool, progress: Progress) -> DockerMachine:
    """A machine in the empty or missing `folder`, its stage not set. `writes`: its lab writes global kernel state.

    Raises HostCannot, and UsageError where another machine on this engine writes that as well.
    """
    engine = engines.connect()
    tag = image(engine, progress)
    book = ledger.Ledger(engine.id, engine=engine.url, host=engine.host)
    with book.locked():
        undoing.settle(engine, book, progress)
        book.enter(name, writes=writes)
    try:
        return _start(engine, book, name, folder, shape, tag, progress)
    except BaseException:  # Ctrl-C as well
        undoing.remove(engine, name)
        shutil.rmtree(folder, ignore_errors=True)
        raise


def image(engine: Engine, progress: Progress) -> str:
    """The image's tag at the engine, imported if it is not there. RAMLAB_IMAGE names one that is used instead."""
    import docker.errors

    own = os.environ.get("RAMLAB_IMAGE", "")
    if own:
        tag, built = own, None
    else:
        from containers.image import build

        built = build.ensure(progress)
        tag = built.tag
    with locks.exclusive(paths.state() / "locks" / "import.lock"), engines.explained(engine.url):
        try:
            engine.api.inspect_image(tag)  # type: ignore[no-untyped-call] # the stubs' omission
        except docker.errors.ImageNotFound:
            if built is None:
                raise HostCannot(
                    f"the engine at {engine.url} has no image {tag}, which RAMLAB_IMAGE names",
                    hint="docker build --tag ramlab/lab:own containers/image, or unset RAMLAB_IMAGE",
                ) from None
            progress(f"importing the image into the engine at {engine.url} (once)")
            repository, _, version = tag.partition(":")
            engine.api.import_image_from_file(str(built.root), repository=repository, tag=version)
    return tag


def _start(
    engine: Engine, book: ledger.Ledger, name: str, folder: Path, shape: Shape, tag: str, progress: Progress
) -> DockerMachine:
    progress("starting the two containers")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    (folder / USED).touch()
    labels = {LABEL: name, OWNER: str(paths.state())}
    with engines.explained(engine.url):
        volume = engine.api.create_volume(labels=labels)["Name"]
        learner = _create(engine, tag, _learner(shape, volume), labels, _script("learner"), name)
        examiners = labels | {EXAMINER: learner}
        examiner = _create(engine, tag, _examiner(), examiners, _script("examiner"), name, stdin=True)
        record = Record(
            name=name, engine=engine.url, engine_id=engine.id, host=engine.host,
            learner=learner, examiner=examiner, volume=volume,
        )  # fmt: skip
        docker_machine.save(folder, record)
        wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        stream = Stream(engine.api.attach_socket(examiner, params=wanted))
        line = SetupLine(stream)
        engine.api.start(examiner)
    try:
        snapshot = ledger.Snapshot.parse(line.snapshot(SECONDS))
    except TimeoutError:
        raise MachineError(f"the examiner's container said nothing for {SECONDS} s", hint="ramlab doctor") from None
    with book.locked():
        book.record(snapshot)
    with engines.explained(engine.url):
        engine.api.start(learner)
        line.join(int(engine.api.inspect_container(learner)["State"]["Pid"]))
    return DockerMachine(folder, record, line)


def _create(
    engine: Engine, tag: str, settings: dict[str, Any], labels: dict[str, str], command: list[str], name: str,
    *, stdin: bool = False,
) -> str:  # fmt: skip
    config = engine.api.create_host_config(privileged=True, **settings)
    # HOST_PROC: by it the checks tell what the kernel log calls our processes and cgroups.
    examiners = {"RAMLAB_RECORD": ledger.record_script(), "HOST_PROC": HOST_PROC, "DOOR": EXAMINERS_DOOR}
    made = engine.api.create_container(
        tag, command=command, labels=labels, host_config=config, stdin_open=stdin, hostname=host_name(name),
        environment=examiners if stdin else {},
    )  # fmt: skip
    return str(made["Id"])


def _learner(shape: Shape, volume: str) -> dict[str, Any]:
    size = mib(shape.memory) << 20
    return {
        "mem_limit": size,
        "memswap_limit": size + (mib(shape.swap) << 20 if shape.swap else 0),
        "network_mode": "none",
        "shm_size": size // 2,
        "tmpfs": {"/run": f"mode=0755,size={size // 5}"},
        "binds": {volume: {"bind": DISK, "mode": "rw"}},
    }


def _examiner() -> dict[str, Any]:
    return {
        "network_mode": "none",
        "pid_mode": "host",
        "binds": {"/proc": {"bind": HOST_PROC, "mode": "ro"}},
    }


def _script(name: str) -> list[str]:
    parts = ("can_fork", name)
    return ["busybox", "sh", "-c", "".join((_INSIDE / f"{part}.sh").read_text() for part in parts)]
