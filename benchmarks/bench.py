"""Where a benchmark works, and the starts that it times. All that it starts ends with it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from containers import qemu, sockets, templates
from containers.doors import SshDoor, make_keys
from containers.errors import MachineError
from containers.line import Line
from containers.shape import Shape

HERE = Path(__file__).parent
ROOT = HERE.parent
RAMLAB = Path(sys.executable).parent / "ramlab"
SHAPE = Shape(memory="512M")
EMPTY = "90_empty"
_LAB = {
    "lab.toml": f"""
title = "An empty stage"
level = "beginner"
minutes = 1
shape = {{memory = "{SHAPE.memory}", cpus = {SHAPE.cpus}}}
[[tasks]]
check = "test_nothing"
kind = "find out"
points = 1
hints = ["none"]
""",
    "test_empty.py": 'def test_nothing():\n    """Nothing holds."""\n',
    "scenario.sh": "",
    "README.md": "",
}


class Bench:
    """A state folder of its own, so that no machine of the user's is touched; the cache is the user's."""

    def __init__(self) -> None:
        # Short: the paths of unix sockets have 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="rb-", dir="/tmp"))
        self.labs = self.folder / "labs"
        (self.labs / EMPTY).mkdir(parents=True)
        for name, content in _LAB.items():
            (self.labs / EMPTY / name).write_text(content)
        self._runtime = self.folder / "run"
        self._runtime.mkdir()
        os.environ.update(XDG_STATE_HOME=str(self.folder / "state"), XDG_RUNTIME_DIR=str(self._runtime))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave machines behind
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run([RAMLAB, "stop", "--all"], capture_output=True, timeout=120, check=False)
        for pid in self._left():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _left(self) -> list[int]:
        """Pids of our keeper, ssh connections and QEMUs: they have our folder in their environment."""
        mark = f"XDG_RUNTIME_DIR={self._runtime}\0".encode()
        left = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in path.read_bytes() and int(path.parent.name) != os.getpid():
                    left.append(int(path.parent.name))
        return left

    # -- the product -----------------------------------------------------------------------------------

    def run(self, *argv: str | Path, status: tuple[int, ...] = (0,), stdin: str = "", **environment: str) -> float:
        """Run a program to its end; wall time in seconds, its interpreter's start included."""
        began = time.perf_counter()
        done = _run(argv, stdin, environment)
        seconds = time.perf_counter() - began
        if done.returncode not in status:
            said = done.stdout.strip()[-800:]
            raise MachineError(f"`{' '.join(map(str, argv))}` ended with status {done.returncode}: {said}")
        return seconds

    def output(self, *argv: str | Path, **environment: str) -> str:
        """What a program says that ends well."""
        done = _run(argv, "", environment)
        done.check_returncode()
        return done.stdout

    def ramlab(self, *words: str, labs: Path | None = None, stdin: str = "") -> float:
        """`run` for the installed script; `labs` is the empty lab's folder where none is given."""
        return self.run(RAMLAB, *words, stdin=stdin, RAMLAB_LABS=str(labs or self.labs))

    def product(self) -> tuple[float, float]:
        """`ramlab start` of the empty lab and then a first `ramlab exec`: seconds of each."""
        try:
            return self.ramlab("start", EMPTY, "--no-shell"), self.ramlab("exec", EMPTY, "--", "true")
        finally:
            self.ramlab("stop", EMPTY)

    def start(self, lab: Path) -> float:
        """`ramlab start` of a lab that is not empty, to its staged machine."""
        try:
            return self.ramlab("start", lab.name, "--no-shell", labs=lab.parent)
        finally:
            self.ramlab("stop", lab.name, labs=lab.parent)

    # -- what it is compared with ----------------------------------------------------------------------

    def floor(self, template: templates.Template) -> float:
        """floor.py: from before its interpreter starts to the end of the first command."""
        with self._scratch(template) as (files, ports):
            plan = {
                "overlay": str(template.empty_overlay), "disk": str(files.disk),
                "qemu": qemu.fork_argv(SHAPE, template.accel, replace(files, ram=template.ram), ports),
                "qmp": str(files.qmp), "state": str(template.state),
                "ssh": _ssh(template.folder, ports, files.disk.parent),
            }  # fmt: skip
            script, log = files.disk.with_name("plan.json"), files.disk.with_name("log")
            script.write_text(json.dumps(plan))
            began = time.perf_counter()
            # Its errors go to a file: QEMU stays and would keep a pipe open.
            with log.open("w") as errors:
                floor = [sys.executable, str(HERE / "floor.py"), str(script)]
                done = subprocess.run(floor, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
            seconds = time.perf_counter() - began
            if done.returncode:
                raise MachineError(f"floor.py ended with status {done.returncode}: {log.read_text().strip()[-800:]}")
            os.kill(int(done.stdout), signal.SIGKILL)
            return seconds

    def cold(self, template: templates.Template) -> float:
        """The same machine from its kernel's first instruction to the end of the first command."""
        with self._scratch(template) as (files, ports):
            folder = files.disk.parent
            words = " ".join(f"ramlab.{door}={key}" for door, key in make_keys(folder).items())
            argv = qemu.template_argv(SHAPE, template.accel, files, ports, arguments=words)
            began = time.perf_counter()
            create = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(files.base), str(files.disk)]
            subprocess.run(create, check=True)
            with subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True) as process:
                try:
                    with Line(files.console, process.poll) as console:
                        said = console.wait_for("RAMLAB TEMPLATE", templates.BOOT_SECONDS)
                    key = said.partition("RAMLAB KEY learner ")[2].split()[0]
                    (folder / "known_hosts").write_text(f"learner ssh-ed25519 {key}\n")
                    subprocess.run(_ssh(folder, ports, folder), check=True, stdin=subprocess.DEVNULL)
                    return time.perf_counter() - began
                finally:
                    process.kill()

    @contextlib.contextmanager
    def _scratch(self, template: templates.Template) -> Iterator[tuple[qemu.Files, qemu.Ports]]:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        image = template.image
        try:
            yield (
                qemu.Files(
                    kernel=image.kernel, initrd=image.initrd, base=image.disk,
                    disk=folder / "disk", ram=folder / "ram",
                    console=folder / "console", console_log=folder / "console.log",
                    hand=folder / "hand", qmp=folder / "qmp", disks=(),
                ),
                sockets.free_ports(),
            )  # fmt: skip
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _run(argv: Sequence[str | Path], stdin: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, env={**os.environ, **environment}, cwd=ROOT, check=False, text=True, input=stdin,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _ssh(keys: Path, ports: qemu.Ports, folder: Path) -> list[str]:
    """The product's own ssh command, with a connection for itself."""

    def broken() -> MachineError:
        return MachineError("the door is shut")

    return SshDoor(
        name="learner", port=ports.learner, keys=keys, socket=Path("none"), used=folder / "used", diagnose=broken
    ).argv("true")
