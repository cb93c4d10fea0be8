"""Templates: a machine of one shape, booted, warmed up, and frozen on disk. Every `vm` is a fork of one."""

import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from containers import cache, kvm, layout, programs, qemu, sockets
from containers.doors import SshDoor, make_keys
from containers.errors import MachineError
from containers.hand import PORT
from containers.image import build
from containers.image.systems import SYSTEMS
from containers.line import Line
from containers.machine import Progress, silent
from containers.shape import Shape, mib

BOOT_SECONDS = 300
"""A cold boot takes 6-11 s under emulation on an idle host; a loaded one was seen to take ten times that."""
WARM_UP_SECONDS = 1800
"""A Docker host has to import an image: 50 s on an idle host, and minutes on a loaded one."""
_KEY_LINE = re.compile(r"RAMLAB KEY (learner|examiner) (\S+)")

# What is slow the first time is done once here, for all forks: a login at each door, Python, and an OOM kill
# (the first of a boot takes 6-50 s, later ones 1-4 s). One after the other, with the memory given back.
_LOG_IN = "python3 -c 'import json, socket, mmap, signal' && : | bash -lic : 2>/dev/null && nano --version"
_WARM_UP = """
cd /sys/fs/cgroup && mkdir warm && echo 24M > warm/memory.max && {
    sh -c 'echo $$ > warm/cgroup.procs; echo 1000 > /proc/self/oom_score_adj; exec python3 -c "b = bytearray(64 << 20)"'
    until rmdir warm; do :; done
} 2>/dev/null
free >/dev/null; ps aux >/dev/null; dmesg -C
"""
_SETTLE = "dmesg -C; sync; echo 1 > /proc/sys/vm/compact_memory; cat /proc/loadavg >/dev/null"


@dataclass(frozen=True)
class Template:
    """A frozen machine, ready to be forked."""

    folder: Path
    image: build.Image
    accel: str

    @property
    def ram(self) -> Path:
        """The guest's memory; forks map it copy-on-write."""
        return self.folder / "ram"

    @property
    def state(self) -> Path:
        """The device state, as QEMU's migration stream."""
        return self.folder / "state"

    @property
    def empty_overlay(self) -> Path:
        """A qcow2 on top of the template's disk; a fork's disk begins as a copy of it."""
        return self.folder / "fork.qcow2"


def name_of(shape: Shape, image: build.Image, accel: str) -> str:
    """The template's name in the cache: all that its frozen state depends on."""
    files = _files(Path(), image, shape)
    argv = qemu.template_argv(shape, accel, files, qemu.Ports(learner=1, examiner=2), arguments="")
    return cache.key(
        shape.key(),
        cache.digest(image.folder),
        accel,
        programs.qemu_version(),
        *argv,
        *_own_warm_up(image),
        _LOG_IN,
        _WARM_UP,
        _SETTLE,
        *layout.QUESTIONS,
    )


def ensure(shape: Shape, progress: Progress) -> Template:
    """The template of `shape`, made if it is not in the cache."""
    programs.need(qemu.BINARY, "qemu-img", "setpriv", "ssh", "ssh-keygen")
    image = build.ensure(progress, shape.system)
    verdict = kvm.verdict(image, progress)
    if verdict.accel == "tcg":
        progress(f"no KVM ({verdict.reason}): emulating, slower but not wrong")
    name = name_of(shape, image, verdict.accel)
    folder = cache.entry(
        "templates", name, lambda draft: _build(draft, shape, image, verdict.accel, progress),
        needs_mib=mib(shape.memory) + 200, progress=progress,
    )  # fmt: skip
    return Template(folder, image, verdict.accel)


def _build(draft: Path, shape: Shape, image: build.Image, accel: str, progress: Progress) -> None:
    if not cache.verify(image.folder):
        (image.folder / cache.MANIFEST).unlink(missing_ok=True)
        raise MachineError("the image in the cache is damaged", hint="type the same again: it is built anew")
    public = make_keys(draft)
    disk = draft / "disk.qcow2"
    programs.run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image.disk, disk)
    for file, further in zip(disks(draft, shape), shape.disks, strict=True):
        programs.run("qemu-img", "create", "-q", "-f", "qcow2", file, further.size)
    arguments = " ".join(f"ramlab.{door}={key}" for door, key in public.items())
    progress(f"booting a template of {shape.memory} (once; seconds with KVM, about ten without)")
    for left in reversed(range(sockets.TRIES)):
        try:
            _freeze(draft, shape, image, accel, arguments, progress)
            break
        except MachineError as error:
            if qemu.PORT_TAKEN not in error.message:
                raise
            if not left:
                raise sockets.none_free(error.message) from error
    # The backing file is named as it will be once the draft has its final name.
    final = draft.with_suffix("")
    overlay = draft / "fork.qcow2"
    programs.run(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-F",
        "qcow2",
        "-u",
        "-b",
        final / "disk.qcow2",
        overlay,
        image.disk_size,
    )
    (draft / "qemu.log").unlink()
    (draft / "console.log").unlink()


def _freeze(draft: Path, shape: Shape, image: build.Image, accel: str, arguments: str, progress: Progress) -> None:
    """Boot the guest, let it warm up, and write its memory and state into the draft."""
    with sockets.folder_for(draft) as runtime:
        files = _files(draft, image, shape, runtime=runtime)
        ports = sockets.free_ports()
        argv = qemu.template_argv(shape, accel, files, ports, arguments=arguments)
        with (
            (draft / "qemu.log").open("wb") as log,
            programs.running(argv, stdout=log, stderr=log) as process,
            _explained(draft),
            Line(files.console, process.poll) as console,
            Line(files.hand, process.poll) as hand,
        ):
            said = console.wait_for("RAMLAB TEMPLATE", BOOT_SECONDS)
            keys = dict(_KEY_LINE.findall(said))
            known = "".join(f"{door} ssh-ed25519 {key}\n" for door, key in sorted(keys.items()))
            (draft / "known_hosts").write_text(known)
            progress("warming it up")
            _warm_up(draft, runtime, ports, image)
            hand.wait_for("WAITING", BOOT_SECONDS)
            progress("freezing it")
            from containers import qmp

            qmp.freeze(files.qmp, draft / "state")
            process.wait(60)


def _warm_up(draft: Path, runtime: Path, ports: qemu.Ports, image: build.Image) -> None:
    def broken() -> MachineError:
        return MachineError(
            "the template's doors do not open", hint="its console says why; `ramlab doctor` looks at the host"
        )

    own = _own_warm_up(image)
    for name, port in (("learner", ports.learner), ("examiner", ports.examiner)):
        door = SshDoor(
            name=name,
            port=port,
            keys=draft,
            socket=runtime / f"ssh-{name[0]}",
            used=runtime / "used",
            diagnose=broken,
        )
        for script in (_LOG_IN, *((_WARM_UP, _SETTLE) if name == "examiner" else own)):
            done = door.run(script, timeout=WARM_UP_SECONDS)
            if done.status:
                said = (done.stderr or done.stdout).strip()[-400:]
                raise MachineError(f"the template's {name} could not warm up, status {done.status}: {said}")
        if name == "examiner":
            layout.Layout.parse(door.run(layout.ASK, timeout=WARM_UP_SECONDS).stdout).write(draft)
        door.close()
    time.sleep(0.5)  # the sessions' processes end in the guest; nothing depends on it


def _own_warm_up(image: build.Image) -> list[str]:
    """What this system's templates do beside what all do."""
    system = SYSTEMS[image.system]
    if not system.warm_up:
        return []
    tag = build.ensure(silent, system.holds).tag if system.holds else ""
    script = (build.HERE / system.warm_up).read_text()
    return [f"sh -c {shlex.quote(script)} warm-up {tag}"]


@contextmanager
def _explained(draft: Path) -> Iterator[None]:
    """Let a failure say what QEMU said, before the draft with its log is removed."""
    try:
        yield
    except MachineError as error:
        said = (draft / "qemu.log").read_text(errors="replace").strip()[-400:]
        raise MachineError(
            f"{error.message}{f'; QEMU says: {said}' if said else ''}", hint=error.hint or "ramlab doctor"
        ) from error


def disks(folder: Path, shape: Shape) -> tuple[Path, ...]:
    """The files of the shape's further disks: of a template, and of a fork, which begins with copies of them."""
    return tuple(folder / f"disk-{number}.qcow2" for number in range(1, len(shape.disks) + 1))


def _files(folder: Path, image: build.Image, shape: Shape, runtime: Path | None = None) -> qemu.Files:
    runtime = runtime or folder
    return qemu.Files(
        kernel=image.kernel, initrd=image.initrd, base=image.disk, disks=disks(folder, shape),
        disk=folder / "disk.qcow2", ram=folder / "ram",
        console=runtime / "console", console_log=folder / "console.log",
        hand=runtime / PORT, qmp=runtime / "qmp",
    )  # fmt: skip
