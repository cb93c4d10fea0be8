"""A terminal: a program at a PTY that outlives its viewers, each behind a websocket.

Everybody sees the same bytes, from one bounded scrollback. A viewer is no more than a place in them: who is slow holds
the program back, as on any terminal; who stands still is left behind, and begins anew with the scrollback.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Protocol

from ramlab.workshop.ptys import FRAME, Pty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SCROLLBACK = 512 << 10
"""Bytes that are kept."""
REPLAY = 256 << 10
"""Bytes of them that a viewer begins with."""
WINDOW = 256 << 10
"""Bytes that a viewer may be behind before the program is held back."""
PATIENCE = 3.0
"""Seconds without progress after which a viewer holds nobody back any more."""
MUCH = 1 << 10
"""Bytes of a frame that is no key's echo but output."""
GATHER = 0.004
"""Seconds that pass after such a frame at least until a viewer is sent the next one. A terminal gives some kB at a
time, and a frame costs the seat, the proxy and the browser the same whatever its size: output goes in few of them."""
UNSEEN = 256 << 10
"""Bytes a second that are read while nobody looks: enough for a log, and `yes` does not take a whole CPU."""
_SMALLEST, _LARGEST = 2, 500


class Socket(Protocol):
    """What is needed of starlette's WebSocket."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame; waits while the peer takes no more."""

    async def send_text(self, data: str) -> None:
        """Send a text frame."""

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Say that there is no more."""


class Viewer:
    """Somebody who looks, and may type."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.place = 0
        """How many of all bytes that ever came it was sent, or left out."""
        self.begun = 0
        """Its place when it began, from which it counts what it has seen."""
        self.seen: int | None = None
        """How much is on its screen; None for one that does not say."""
        self.size: tuple[int, int] | None = None
        self.moved = time.monotonic()
        """When it last got on, or had not to."""
        self.not_before = 0.0
        """When it may be sent the next frame."""
        self.left_behind = False
        """It was too slow once; until it has caught up nobody waits for it again."""
        self.told: dict[str, object] = {}
        """What it is still to be told by text frames; of two words with one name the later one."""
        self.wake = asyncio.Event()

    def holds(self, total: int) -> bool:
        """Whether the program is to wait for it."""
        drawn = self.place if self.seen is None else min(self.place, self.begun + self.seen)
        now = time.monotonic()
        if total - drawn <= WINDOW:
            self.moved = now
            return False
        return now - self.moved < PATIENCE and not self.left_behind

    def tell(self, **words: object) -> None:
        """Have it told by a text frame."""
        self.told.update(words)
        self.wake.set()


class Terminal:
    """A program, its last words, and all who look at it."""

    def __init__(self, *, on_output: Callable[[], None] = lambda: None) -> None:
        self.viewers: set[Viewer] = set()
        self.ended = ""
        """Why there is no more; empty as long as it runs."""
        self._on_output = on_output
        self._kept = bytearray()
        self._total = 0
        self._size = (24, 80)
        self._pty: Pty | None = None
        self._reader: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        self._moved = asyncio.Event()
        self._typing = asyncio.Lock()
        self._closing: asyncio.Task[None] | None = None

    async def start(
        self, argv: Sequence[str], *, keep: Sequence[int] = (), env: Mapping[str, str] | None = None
    ) -> None:
        """Run `argv`; it inherits the descriptors `keep`."""
        self._pty = await Pty.start(argv, self._size, keep=keep, env=env)
        self._reader = asyncio.create_task(self._read(self._pty), name="terminal")

    async def shows_something(self, seconds: float) -> None:
        """Wait for its first words, or its end, but no longer than `seconds`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._begun.wait(), seconds)

    async def end(self, reason: str) -> None:
        """Hang up; the viewers are told the reason."""
        self.ended = self.ended or reason
        if self._reader and not self._reader.done():
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        await self._over()

    async def typed(self, data: bytes) -> None:
        """Bytes from a keyboard; waits while the program takes no more."""
        async with self._typing:  # of two who paste, one after the other
            if self._pty:
                await self._pty.write(data)

    def said(self, viewer: Viewer, text: str) -> None:
        """A text frame: `{"size": [rows, columns]}`, `{"seen": bytes since the replay}`, `{"close": true}`."""
        try:
            words = json.loads(text)
            if "size" in words:
                rows, columns = (min(max(int(number), _SMALLEST), _LARGEST) for number in words["size"])
                viewer.size = rows, columns
                self._fit()
            if "seen" in words:
                viewer.seen = int(words["seen"])
                viewer.moved = time.monotonic()
                viewer.left_behind = viewer.left_behind and viewer.place - viewer.begun - viewer.seen > WINDOW
                self._moved.set()
            if words.get("close") is True:
                self._closing = asyncio.create_task(self.end("it was closed"))
        except (ValueError, TypeError, AttributeError, OverflowError):
            return  # no word of ours

    async def serve(self, viewer: Viewer) -> None:
        """Send `viewer` what there is and what comes, to the terminal's end. To be cancelled when it is gone."""
        self._begin(viewer)
        self.viewers.add(viewer)
        self._count()
        try:
            while True:
                viewer.wake.clear()
                while viewer.told:
                    words, viewer.told = viewer.told, {}
                    for name, value in words.items():
                        await viewer.socket.send_text(json.dumps({name: value}))
                if viewer.place < self._total:
                    await asyncio.sleep(viewer.not_before - time.monotonic())
                    await self._send(viewer)
                elif self.ended:
                    await viewer.socket.send_text(json.dumps({"ended": self.ended}))
                    await viewer.socket.close()
                    return
                else:
                    await viewer.wake.wait()
        finally:
            self.viewers.discard(viewer)
            self._moved.set()
            self._count()

    def _begin(self, viewer: Viewer) -> None:
        """Put it where a viewer begins: where something is left out before that, at the beginning of a line."""
        start = max(0, len(self._kept) - REPLAY)
        if self._total - len(self._kept) + start:
            start = self._kept.find(b"\n", start, start + FRAME) + 1 or start
        viewer.place = viewer.begun = self._total - len(self._kept) + start
        viewer.seen = None if viewer.seen is None else 0
        viewer.tell(size=list(self._size), replay=self._total - viewer.place)

    async def _send(self, viewer: Viewer) -> None:
        first = viewer.place - (self._total - len(self._kept))
        if first < 0:
            self._begin(viewer)
            viewer.left_behind = True
            return  # what it is to be told comes before the bytes
        data = bytes(self._kept[first : first + FRAME])
        viewer.place += len(data)
        await viewer.socket.send_bytes(data)
        if len(data) > MUCH:
            viewer.not_before = time.monotonic() + GATHER
        if viewer.seen is None:
            viewer.moved = time.monotonic()
            viewer.left_behind = viewer.left_behind and viewer.place < self._total
        self._moved.set()

    async def _read(self, pty: Pty) -> None:
        while True:
            while any([viewer.holds(self._total) for viewer in self.viewers]):  # noqa: C419 -- each has to note the time
                self._moved.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._moved.wait(), PATIENCE / 4)
            data = await pty.read()
            if not data:
                break
            self._begun.set()
            self._kept += data
            self._total += len(data)
            if len(self._kept) > SCROLLBACK + 4 * FRAME:  # in large steps: each moves all that is kept
                del self._kept[:-SCROLLBACK]
            for viewer in self.viewers:
                viewer.wake.set()
            self._on_output()
            await asyncio.sleep(0 if self.viewers else len(data) / UNSEEN)
        self._begun.set()
        self.ended = self.ended or "the shell has ended"
        await self._over()

    async def _over(self) -> None:
        for viewer in self.viewers:
            viewer.wake.set()
        if self._pty:
            await self._pty.hang_up()

    def _fit(self) -> None:
        """Take the smallest of the viewers' sizes: then nobody misses a line or a column."""
        sizes = [viewer.size for viewer in self.viewers if viewer.size]
        size = (min(rows for rows, _ in sizes), min(columns for _, columns in sizes)) if sizes else self._size
        if size != self._size:
            self._size = size
            if self._pty:
                self._pty.resize(size)
            for viewer in self.viewers:
                viewer.tell(size=list(size))

    def _count(self) -> None:
        self._fit()
        for viewer in self.viewers:
            viewer.tell(viewers=len(self.viewers))
