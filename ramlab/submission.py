"""What a learner hands in: one file `<student>-<lab>.tar.gz`, the same bytes for the same content.

It comes from somebody who may want to do harm. So it is read in memory, never unpacked, and only what it may have is
read of it, up to a size.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

from containers.errors import UsageError
from ramlab import records
from ramlab.places import check_student

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ramlab.catalogue import Lab

FORMAT = 1
MOST_PACKED = 200_000
"""Bytes of the file."""
MOST_UNPACKED = 2_000_000
"""Bytes of all that is in it, the archive's own included."""
_FILES = _MANIFEST, _ANSWER, _HISTORY, _VALUES, _CHECKS, _HINTS = (
    "manifest.json", "answer.sh", "history.txt", "answers.json", "checks.json", "hints.json",
)  # fmt: skip


_CAST = re.compile(r"session-\d{1,4}\.cast")


class NotGradable(UsageError):  # noqa: N818 -- a verdict about a file
    """This file cannot be graded; `message` is the reason, for the grade book."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Whose it is, and what it was made with."""

    student: str
    lab: str
    lab_version: str
    """See `version_of`."""
    image: str
    """The image's recipe, as its key."""
    seed: str = ""
    """`Ticket.mark` of what the parameters were drawn from; empty where that was the name."""
    format: int = FORMAT


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is in one file."""

    manifest: Manifest
    answer: bytes
    """The script that is replayed."""
    history: str = ""
    """What was typed in the learner's shells, machine by machine."""
    values: Mapping[str, str]
    """What was handed in with `answer NAME VALUE`, by `NAME`, or `MACHINE NAME` where it was not the first machine."""
    checks: Mapping[str, str]
    """What each check said of the replay on the learner's own computer: `passed`, `failed` ... Proves nothing."""
    hints: Mapping[str, int] = field(default_factory=dict)
    """How many hints of each check were taken, as the learner's own computer has it. Proves nothing either."""
    casts: Mapping[str, bytes] = field(default_factory=dict)
    """What recorded shells showed: asciicasts, by `session-N.cast`."""

    @property
    def name(self) -> str:
        """`ada-05_oom.tar.gz`."""
        return f"{self.manifest.student}-{self.manifest.lab}.tar.gz"

    def packed(self) -> bytes:
        """The file. Raises UsageError when it would be too large."""
        contents = {
            _MANIFEST: _json(asdict(self.manifest)),
            _ANSWER: self.answer,
            _HISTORY: self.history.encode(errors="surrogateescape"),
            _VALUES: _json(dict(self.values)),
            _CHECKS: _json(dict(self.checks)),
            _HINTS: _json(dict(self.hints)),
            **self.casts,
        }
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name, content in contents.items():
                entry = tarfile.TarInfo(name)  # root's, and of no particular time
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        packed = gzip.compress(buffer.getvalue(), mtime=0)
        if len(packed) > MOST_PACKED or len(buffer.getvalue()) > MOST_UNPACKED:
            raise UsageError(
                f"{self.name} would have {len(packed)} bytes; it may have {MOST_PACKED}",
                hint="what is large? An answer makes files in the machine, it does not bring them",
            )
        return packed

    @classmethod
    def read(cls, path: Path) -> Self:
        """What is in the file at `path`. Raises NotGradable with the reason."""
        files = _files_of(path)
        if missing := [name for name in (_MANIFEST, _ANSWER) if name not in files]:
            raise NotGradable(f"{path.name}: it has no {missing[0]}")
        manifest = _manifest(path, files[_MANIFEST])
        values, checks = (_words(path, name, files.get(name, b"{}")) for name in (_VALUES, _CHECKS))
        hints = {key: records.number(taken) for key, taken in _object(path, _HINTS, files.get(_HINTS, b"{}")).items()}
        history = files.get(_HISTORY, b"").decode(errors="surrogateescape")
        casts = {name: content for name, content in files.items() if _CAST.fullmatch(name)}
        return cls(
            manifest=manifest, answer=files[_ANSWER], history=history, values=values, checks=checks, hints=hints,
            casts=casts,
        )  # fmt: skip


def version_of(lab: Lab) -> str:
    """A hash of all that decides about an answer to this lab: its scenario, workload, checks, parameters."""
    return hash_of(lab.folder)


def hash_of(*folders: Path, more: bytes = b"") -> str:
    """A hash of the files in these folders, by their place there, and of `more`. Neither hidden nor compiled ones."""
    whole = hashlib.sha256(more)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in inside.parts):
                content = path.read_bytes()
                whole.update(f"{inside.as_posix()}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()[:16]


def _files_of(path: Path) -> dict[str, bytes]:
    try:
        if path.stat().st_size > MOST_PACKED:
            raise NotGradable(f"{path.name}: larger than {MOST_PACKED} bytes")
        # zlib stops at the size that it is told, whatever the file promises.
        engine = zlib.decompressobj(wbits=31)
        plain = engine.decompress(path.read_bytes(), MOST_UNPACKED)
        if engine.unconsumed_tail or not engine.eof:
            raise NotGradable(f"{path.name}: truncated, or more than {MOST_UNPACKED} bytes when unpacked")
        return _members(path, plain)
    except (OSError, zlib.error, tarfile.TarError, ValueError) as error:
        raise NotGradable(f"{path.name}: no tar.gz that can be read: {error}") from None


def _members(path: Path, plain: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
        for entry in tar:
            file = tar.extractfile(entry) if entry.isreg() and not entry.issparse() else None
            named = entry.name in _FILES or _CAST.fullmatch(entry.name)
            if file is None or not named or entry.name in files:
                raise NotGradable(f"{path.name}: has {entry.name[:80]!r}, which no submission has, or has it twice")
            files[entry.name] = file.read()
    return files


def _manifest(path: Path, content: bytes) -> Manifest:
    said = _object(path, _MANIFEST, content)
    if said.get("format") != FORMAT:
        raise NotGradable(f"{path.name}: of format {said.get('format')!r}; this ramlab reads {FORMAT}")
    words = {its.name for its in fields(Manifest)} - {"format"}
    full = all(isinstance(said.get(word), str) and (said[word] or word == "seed") for word in words)
    if said.keys() - {"format"} != words or not full:
        raise NotGradable(f"{path.name}: its manifest has other words than {', '.join(sorted(words))}")
    try:
        check_student(said["student"])
    except UsageError as error:
        raise NotGradable(f"{path.name}: {error.message}") from None
    wanted = f"{said['student']}-{said['lab']}.tar.gz"
    if not path.name.endswith(wanted):  # whoever collects files may have put something before it
        raise NotGradable(f"{path.name}: it says of itself that it is {wanted}")
    return Manifest(**said)


def _words(path: Path, name: str, content: bytes) -> dict[str, str]:
    said = _object(path, name, content)
    if not all(isinstance(value, str) for value in said.values()):
        raise NotGradable(f"{path.name}: {name} has something else than words")
    return said


def _object(path: Path, name: str, content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NotGradable(f"{path.name}: {name} is no JSON: {error}") from None
    if not isinstance(said, dict):
        raise NotGradable(f"{path.name}: {name} is no object")
    return said


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()
