"""The programs of the host that machines need, and what to install where one is missing."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from containers.errors import HostCannot, MachineError
from containers.undisturbed import undisturbed

PACKAGES = {
    "fakeroot": "fakeroot",
    "mke2fs": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
    "setpriv": "util-linux",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
"""Program -> Debian's package that has it."""


def need(*names: str) -> None:
    """Raise HostCannot with the exact install command unless all `names` are there."""
    missing = [name for name in names if not find(name)]
    if missing:
        packages = " ".join(sorted({PACKAGES[name] for name in missing}))
        raise HostCannot(
            f"not installed: {', '.join(missing)}",
            hint=f"type: sudo apt-get install --no-install-recommends {packages}     (make lab does that, too)",
        )


def find(name: str) -> str | None:
    """The program's path. A plain user's PATH often lacks the sbin folders, where mke2fs lives."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")


def run(*argv: str | Path, stdin: str | None = None) -> str:
    """Run a program of the host to its end; its standard output. Raises MachineError with what it said."""
    words = [str(word) for word in argv]
    words[0] = find(words[0]) or words[0]
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-800:] or "(it said nothing)"
        raise MachineError(f"{Path(words[0]).name} failed with exit status {done.returncode}: {said}")
    return done.stdout


@contextmanager
def running(
    argv: Sequence[str], *, stdout: BinaryIO | int, stderr: BinaryIO | int
) -> Iterator["subprocess.Popen[bytes]"]:
    """A program of the host that is killed when the block ends, and when we are, also by SIGKILL."""
    with ExitStack() as undo:
        with undisturbed():
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *argv],
                stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True,
            )  # fmt: skip
            undo.push(process)
            undo.callback(process.wait)  # Popen's own is not patient in a KeyboardInterrupt
            undo.callback(process.kill)
        yield process


def qemu_version() -> str:
    """QEMU's version line; also changes when the binary is replaced."""
    path = find("qemu-system-x86_64")
    if path is None:
        need("qemu-system-x86_64")
    assert path
    stat = Path(path).stat()
    return f"{path} {stat.st_size} {stat.st_mtime_ns}"
