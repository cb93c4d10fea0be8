"""Forking a machine of the kind `vm` from its template.

Apart from `containers.vm`, whose machines every command has to find: that costs a learner half the time.
"""

import json
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from containers import cache, qemu, sockets, templates
from containers.errors import MachineError
from containers.hand import PORT, Hand
from containers.image.systems import SYSTEMS
from containers.machine import RECORD, Progress, host_name
from containers.shape import Shape
from containers.undisturbed import undisturbed
from containers.vm import Record, VmMachine, boot_id, start_time

READY_SECONDS = 120
"""How long a fork may take to answer; 0.3 s on a quiet host, and hosts are not always quiet."""
HASTY_TB_MIB = 256
"""Translation buffer of a machine that nobody keeps: an attempt's, or a test's. When a buffer is full all of it is
translated anew: with 32 MiB, where a machine that somebody keeps costs least, an attempt took twice the CPU time."""
NEEDS_MIB = 300
"""Free disk space below which no machine is started: its disk grows with what the learner writes."""


def command(
    folder: Path, shape: Shape, template: templates.Template, ports: qemu.Ports, *, hasty: bool = False
) -> list[str]:
    """The QEMU command line of a fork."""
    size = max(HASTY_TB_MIB, SYSTEMS[shape.system].tb_size_mib) if hasty else None
    return qemu.fork_argv(shape, template.accel, _files(folder, shape, template), ports, tb_size_mib=size)


def start(name: str, folder: Path, shape: Shape, progress: Progress, *, hasty: bool = False) -> VmMachine:
    """Fork a machine into the empty or missing `folder`; both doors answer when this returns.

    `hasty`: one that takes more of the host's memory and, under emulation, less of its time; see `HASTY_TB_MIB`.
    """
    template = templates.ensure(shape, progress)
    cache.require_space(folder.parent, NEEDS_MIB, "machine")
    try:
        return _start(name, folder, shape, template, progress, hasty=hasty)
    except MachineError:
        if not give_up_damaged(template):
            raise
        progress("the template is damaged: making it again")
        return _start(name, folder, shape, templates.ensure(shape, progress), progress, hasty=hasty)


def give_up_damaged(template: templates.Template) -> bool:
    """Whether what machines are forked from has bit rot; it is made anew when it is wanted next.

    It shows as a fork that does not come up, or cannot be staged. Then, and only then, everything is read.
    """
    damaged = [folder for folder in (template.folder, template.image.folder) if not cache.verify(folder)]
    for folder in {*damaged, template.folder} if damaged else ():
        (folder / cache.MANIFEST).unlink(missing_ok=True)
    return bool(damaged)


def _start(
    name: str, folder: Path, shape: Shape, template: templates.Template, progress: Progress, *, hasty: bool
) -> VmMachine:
    progress("forking the machine")
    for left in reversed(range(sockets.TRIES)):
        with ExitStack() as undo:
            process, ports = _forked(folder, shape, template, undo, hasty=hasty)
            try:
                machine = _settled(name, folder, shape, template, process, ports, undo)
            except MachineError as error:
                said = (folder / "qemu.log").read_text(errors="replace").strip()
                if qemu.PORT_TAKEN in said:
                    if left:
                        continue  # somebody took a port in the meantime
                    raise sockets.none_free(said) from error
                raise MachineError(
                    f"{error.message}{f'; QEMU says: {said[-400:]}' if said else ''}", hint="ramlab doctor"
                ) from error
            undo.pop_all()
            return machine
    raise AssertionError("unreachable")


def _settled(
    name: str,
    folder: Path,
    shape: Shape,
    template: templates.Template,
    process: "subprocess.Popen[bytes]",
    ports: qemu.Ports,
    undo: ExitStack,
) -> VmMachine:
    """Record the fork, let it run, and give it its name and time."""
    started = start_time(process.pid)
    record = Record(
        name=name, pid=process.pid, started=started or 0, boot=boot_id(),
        learner_port=ports.learner, examiner_port=ports.examiner,
        template=template.folder.name, accel=template.accel, memory=shape.memory,
    )  # fmt: skip
    (folder / "used").touch()
    draft = folder / f"{RECORD}.draft"
    draft.write_text(json.dumps(asdict(record)))
    draft.rename(folder / RECORD)  # so early that who is killed from here on leaves nothing that cannot be found
    # Imported while QEMU is starting up on the other CPU: it takes about as long (0.1 s). And not before the record.
    from containers import qmp

    # Before the guest runs: at a port without a listener the hand would find nothing to read.
    hand = Hand(sockets.folder_of(folder) / PORT, process.poll)
    undo.callback(hand.close)
    qmp.thaw(sockets.folder_of(folder) / "qmp", template.state, process.poll)
    machine = VmMachine(folder, record, hand)
    # The doors listened before the template was frozen. The learner's opens while the hand is at work.
    machine.learner.begin_opening()
    hand.wake(host_name(name), READY_SECONDS)
    return machine


def _forked(
    folder: Path, shape: Shape, template: templates.Template, undo: ExitStack, *, hasty: bool
) -> tuple["subprocess.Popen[bytes]", qemu.Ports]:
    """A QEMU process with its folder; `undo` learns how to take all of it back."""
    ports = sockets.free_ports()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    undo.callback(shutil.rmtree, sockets.make(folder), ignore_errors=True)
    shutil.copyfile(template.empty_overlay, folder / "disk.qcow2")
    for empty, own in zip(templates.disks(template.folder, shape), templates.disks(folder, shape), strict=True):
        shutil.copyfile(empty, own)
    argv = command(folder, shape, template, ports, hasty=hasty)
    with (folder / "qemu.log").open("wb") as log, undisturbed():
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )
        undo.callback(process.wait)
        undo.callback(process.kill)
    return process, ports


def _files(folder: Path, shape: Shape, template: templates.Template) -> qemu.Files:
    runtime = sockets.folder_of(folder)
    return qemu.Files(
        kernel=template.image.kernel, initrd=template.image.initrd, base=template.image.disk,
        disks=templates.disks(folder, shape), disk=folder / "disk.qcow2", ram=template.ram,
        console=runtime / "console", console_log=folder / "console.log",
        hand=runtime / PORT, qmp=runtime / "qmp",
    )  # fmt: skip
