"""The two-way streams of the Docker SDK (attach, exec): frames in, bytes out, with a deadline."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from containers.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STDOUT, STDERR = 1, 2
FOR_EVER = float("inf")
"""A deadline that is none."""
LOOK_SECONDS = 15.0
"""Of silence, after which somebody asks whether there is still anybody to speak."""
_HEADER = struct.Struct(">BxxxL")


class Stream:
    """One hijacked connection, without a terminal: what comes is framed by stream (Engine API, ContainerAttach)."""

    def __init__(self, raw: Any) -> None:  # noqa: ANN401 -- the SDK ships no types
        self._raw = raw  # kept: with the response goes the connection
        self.socket: socket.socket = getattr(raw, "_sock", raw)
        self._early = self._read_ahead()
        self.socket.settimeout(None)

    def send(self, data: bytes, *, last: bool = False) -> None:
        """Send in the background, so that a peer that talks before it has read everything cannot block us."""

        def work() -> None:
            with suppress(OSError):  # who reads the reply hears of a dead peer, too
                self.socket.sendall(data)
                if last:
                    self.socket.shutdown(socket.SHUT_WR)

        threading.Thread(target=work, daemon=True).start()

    def say(self, line: bytes) -> None:
        """Send a line now, in its turn: what goes out in the background may be overtaken by what comes after it."""
        with suppress(OSError):
            self.socket.sendall(line)

    def frames(self, seconds: float, *, alive: Callable[[], bool] = lambda: True) -> Iterator[tuple[int, bytes]]:
        """What the other end says, as (STDOUT or STDERR, bytes), to its end. Raises TimeoutError.

        `alive` is asked in each silence: an engine keeps the stream of a container open whose shim has died.
        """
        end = time.monotonic() + seconds
        while header := self._exactly(_HEADER.size, end, alive):
            stream, size = _HEADER.unpack(header)
            yield stream, self._exactly(size, end, alive)

    def until(self, mark: bytes, seconds: float) -> bytes:
        """Standard output up to and with `mark`. Raises MachineError at its end, TimeoutError."""
        said, complained = b"", b""
        for stream, data in self.frames(seconds):
            if stream == STDERR:
                complained += data
            else:
                said += data
                if mark in said:
                    return said
        told = (complained or said).decode(errors="replace").strip()[-400:]
        raise MachineError(f"the container ended while it was set up; it said: {told or '(nothing)'}")

    def early(self) -> bytes:
        """For a stream with a terminal, whose bytes are not framed: what has come already."""
        data, self._early = self._early, b""
        return data

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def _read_ahead(self) -> bytes:
        """What the HTTP client has taken from the socket together with the reply's headers."""
        self.socket.setblocking(False)
        reader = self._raw._response.raw._fp.fp  # noqa: SLF001 -- the SDK gives the socket below it, and would lose it
        return bytes(reader.read1(len(early)) if (early := reader.peek(1)) else b"")

    def _exactly(self, size: int, end: float, alive: Callable[[], bool]) -> bytes:
        data, self._early = self._early[:size], self._early[size:]
        while len(data) < size:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not select.select([self.socket], [], [], min(left, LOOK_SECONDS))[0]:
                if not alive():
                    return b""
                continue
            part = self.socket.recv(min(size - len(data), 1 << 16))
            if not part:
                return b""
            data += part
        return data
