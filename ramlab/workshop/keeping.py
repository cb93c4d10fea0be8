"""The room's file: replaced as a whole or not at all, within seconds of a change."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ramlab.workshop.rooms import Room

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ramlab.catalogue import Lab

NAME = "board.json"
FORMAT = 1
LEAST_SECONDS = 1.0
"""Between two times that it is written."""
LAZY_SECONDS = 10.0
"""After which it is written though nothing has happened but time, as which it is told how long one has worked."""
SHARE = 20
"""So many times as long as writing takes, it rests."""


class Keeper:
    """Writes the room when it has changed. What a disk refuses is tried again, and said meanwhile."""

    def __init__(self, path: Path, room: Room) -> None:
        self._path = path
        self._room = room
        self._changed = asyncio.Event()
        self._aged = False
        self._writing = asyncio.Lock()
        self.complaint = ""
        """Why what happens is not on disk; empty: it is."""

    def changed(self) -> None:
        """It has to be written again."""
        self._changed.set()

    def aged(self) -> None:
        """It has to be written again, when there is time."""
        self._aged = True

    async def keeping(self) -> None:
        """Write whenever it has changed; never ends."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LAZY_SECONDS)
            if not self._changed.is_set() and not self._aged:
                continue
            begun = time.monotonic()
            await self.save()
            await asyncio.sleep(max(LEAST_SECONDS, SHARE * (time.monotonic() - begun)))

    async def save(self) -> None:
        """Write now."""
        async with self._writing:
            self._changed.clear()
            self._aged = False
            text = json.dumps({"format": FORMAT, **self._room.record()})
            try:
                await asyncio.to_thread(write, self._path, text)
                self.complaint = ""
            except OSError as error:
                self.complaint = f"{self._path}: {error.strerror}"
                self._changed.set()


def write(path: Path, text: str) -> None:
    """Replace the file, and have it on the disk; for its owner's eyes only."""
    draft = path.with_suffix(".draft")
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(number)
    draft.replace(path)


def read(path: Path, labs: Mapping[str, Lab]) -> Room:
    """The room of the file; an empty one where there is none yet, or none that can be read, which is put aside."""
    try:
        return room_of(json.loads(path.read_text(encoding="utf-8")), labs)
    except FileNotFoundError:
        return Room(labs)
    except (ValueError, RecursionError) as error:
        aside = path.with_suffix(f".damaged-{int(time.time())}")
        path.replace(aside)
        print(f"{path} cannot be read ({error}); it is {aside.name} now, and the room begins empty", file=sys.stderr)
        return Room(labs)


def room_of(record: object, labs: Mapping[str, Lab]) -> Room:
    """The room that this is. Raises ValueError where it is none."""
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ValueError("no room of a workshop, or one of another format")
    return Room.of_record(record, labs)
