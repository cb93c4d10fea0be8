"""A content-addressed store of things that take long to make: images and templates.

An entry is a folder named by the hash of what it is made from. It appears by one atomic rename, so that a
half-built one is never used; two builders wait for each other. Its manifest states each file's size, mtime and
SHA-256: the stat is compared at each use, the digest when the stat differs or when somebody asks (`verify`).
"""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from containers import locks, paths
from containers.errors import HostCannot
from containers.machine import Progress

MANIFEST = "manifest.json"
Build = Callable[[Path], None]


def key(*parts: str) -> str:
    """16 hexadecimal digits that stand for `parts`."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def folder(kind: str, name: str) -> Path:
    """Where the entry `name` of `kind` is, or would be."""
    return paths.cache() / kind / name


def entry(kind: str, name: str, build: Build, *, needs_mib: int, progress: Progress) -> Path:
    """The entry's folder, built if it is missing or damaged. `build` fills the folder that it is given."""
    place = folder(kind, name)
    if intact(place):
        return place
    lock = place.with_suffix(".lock")
    with locks.exclusive(lock, waiting=lambda: progress(f"waiting for another ramlab that makes this {kind[:-1]}")):
        if intact(place):
            return place
        if place.exists():
            if verify(place):
                return place
            progress(f"{kind[:-1]} {name} is damaged: making it again")
            shutil.rmtree(place)
        require_space(place.parent, needs_mib, kind[:-1])
        for left in place.parent.glob(f"{name}.tmp-*"):  # of a builder that was killed: we hold its lock
            shutil.rmtree(left, ignore_errors=True)
        draft = place.with_suffix(f".tmp-{os.getpid()}")
        try:
            draft.mkdir(mode=0o700)
            build(draft)
            for path in _files(draft):
                _to_disk(path)
            _write_manifest(draft, {path.name: _digest(path) for path in _files(draft)})
            draft.rename(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return place


def require_space(place: Path, needs_mib: int, what: str) -> None:
    """Raise HostCannot, before anything is begun, where `place`'s disk has not `needs_mib` MiB free."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    free = shutil.disk_usage(place).free >> 20
    if free < needs_mib:
        raise HostCannot(
            f"{place} has {free} MiB free; making this {what} takes {needs_mib} MiB",
            hint="free some, or set XDG_CACHE_HOME to a folder on a larger disk",
        )


def intact(place: Path) -> bool:
    """Whether all files are there with the size and mtime that they were built with."""
    try:
        stated = json.loads((place / MANIFEST).read_text())
        return all(
            (stat := (place / name).stat()).st_size == fact["size"] and stat.st_mtime_ns == fact["mtime_ns"]
            for name, fact in stated.items()
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False


def verify(place: Path) -> bool:
    """Whether all files have the digest that they were built with. Reads them all (about 1 s per GiB)."""
    try:
        stated = json.loads((place / MANIFEST).read_text())
        digests = {name: _digest(place / name) for name in stated}
        if digests != {name: fact["sha256"] for name, fact in stated.items()}:
            return False
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False
    if not intact(place):
        _write_manifest(place, digests)  # copied or restored from a backup: right content, other mtimes
    return True


def digest(place: Path) -> str:
    """What the entry holds, in one word; a copy's is the same, whatever its files' times."""
    stated = json.loads((place / MANIFEST).read_text())
    return key(*(word for name in sorted(stated) for word in (name, stated[name]["sha256"])))


def file_digest(place: Path, name: str) -> str:
    """The SHA-256 that the entry's manifest states for one of its files."""
    return str(json.loads((place / MANIFEST).read_text())[name]["sha256"])


def size_mib() -> int:
    """Disk space that the whole cache takes, in MiB (sparse files count what they occupy)."""
    return sum(path.stat().st_blocks for path in paths.cache().rglob("*") if path.is_file()) >> 11


def _files(place: Path) -> Iterator[Path]:
    return (path for path in sorted(place.iterdir()) if path.is_file() and path.name != MANIFEST)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    """A power cut must not leave an entry of the right name with holes in it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_manifest(place: Path, digests: dict[str, str]) -> None:
    facts = {}
    for name, sha256 in digests.items():
        stat = (place / name).stat()
        facts[name] = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": sha256}
    # Who verifies holds no lock: builders of two templates look at the same image.
    draft = place / f"{MANIFEST}.{os.getpid()}-{threading.get_ident()}"
    draft.write_text(json.dumps(facts, indent=1))
    draft.rename(place / MANIFEST)
