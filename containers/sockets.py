"""Places for unix sockets, whose paths may have 107 bytes at most, and TCP ports that are free now."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from containers.errors import HostCannot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from containers.qemu import Ports


TRIES = 5
"""How often to begin QEMU with other ports before giving up: each was free when it was chosen."""
LONGEST = 107
"""Bytes in the path of a unix socket (unix(7)); ssh makes its own first under a name 17 longer."""


def folder_of(owner: Path) -> Path:
    """The short folder for `owner`'s sockets; always the same for the same path. It is not made here."""
    name = hashlib.sha256(str(owner).encode()).hexdigest()[:12]
    return _runtime() / name


@contextmanager
def folder_for(owner: Path) -> Iterator[Path]:
    """`owner`'s socket folder, made empty, removed at the end."""
    place = make(owner)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def make(owner: Path) -> Path:
    """`owner`'s socket folder, made empty."""
    place = folder_of(owner)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    return place


def free_ports() -> Ports:
    """Two ports of 127.0.0.1 that nobody listens on now; somebody may take one before QEMU does: try again then."""
    from containers.qemu import Ports  # brings more along than all of this

    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return Ports(learner=first.getsockname()[1], examiner=second.getsockname()[1])


def none_free(said: str) -> HostCannot:
    """What to raise where QEMU found somebody at its ports in all TRIES; its words are `said`."""
    return HostCannot(
        f"no free TCP port on 127.0.0.1 in {TRIES} tries: {said[-200:]}", hint="close some programs that listen"
    )


def _runtime() -> Path:
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if base and os.access(base, os.W_OK):
        place = Path(base) / "ramlab"
    else:
        place = Path(os.environ.get("TMPDIR") or "/tmp") / f"ramlab-{os.getuid()}"  # noqa: S108 -- see below
    way_out = "set XDG_RUNTIME_DIR (or TMPDIR) to a folder of yours with a short name"
    if len(os.fsencode(place / "0123456789ab" / "ssh-l.0123456789abcdef")) > LONGEST:
        raise HostCannot(f"{place} is too long for the paths of unix sockets", hint=way_out)
    try:
        place.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise HostCannot(f"{place}: {error.strerror}", hint=way_out) from None
    facts = place.lstat()
    # In a shared /tmp somebody else could have made it first, and would own our sockets.
    if facts.st_uid != os.getuid() or not stat.S_ISDIR(facts.st_mode) or facts.st_mode & 0o077:
        raise HostCannot(
            f"{place} belongs to somebody else or is open to others",
            hint=f"remove it, or {way_out}",
        )
    return place
