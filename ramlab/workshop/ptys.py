"""A program at a PTY of its own, for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
import termios
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FRAME = 64 << 10
"""Bytes that are read at once, at most: a PTY gives 4 kB at a time."""
TERM_SECONDS = 2.0
"""How long a program may take to end after it was hung up."""


class Pty:
    """What `Pty.start` gives."""

    def __init__(self, master: int, process: asyncio.subprocess.Process) -> None:
        self._master = master
        self._process = process
        self._waiting: set[asyncio.Event] = set()

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        size: tuple[int, int],
        *,
        keep: Sequence[int] = (),
        env: Mapping[str, str] | None = None,
    ) -> Self:
        """Run `argv` at a terminal of (rows, columns); it inherits the descriptors `keep`."""
        master, slave = os.openpty()
        try:
            os.set_blocking(master, False)
            _resize(master, size)
            # --ctty: a program that has the terminal, and not as its own, hears neither of ^C nor of new sizes.
            process = await asyncio.create_subprocess_exec(
                "setsid", "--ctty", *argv, stdin=slave, stdout=slave, stderr=slave, pass_fds=tuple(keep), env=env
            )
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        return cls(master, process)

    @property
    def open(self) -> bool:
        """Whether it has not been hung up."""
        return self._master >= 0

    def resize(self, size: tuple[int, int]) -> None:
        """Tell the program its new size in rows and columns."""
        if self.open:
            _resize(self._master, size)

    async def read(self) -> bytes:
        """What the program has written, when there is something; nothing at its end."""
        while self.open:
            try:
                return self._take()
            except BlockingIOError:
                await self._ready(asyncio.get_running_loop().add_reader, asyncio.get_running_loop().remove_reader)
            except OSError:  # EIO: nobody has its other side open
                break
        return b""

    async def write(self, data: bytes) -> None:
        """Type `data`; waits while the program takes no more."""
        while data and self.open:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                await self._ready(asyncio.get_running_loop().add_writer, asyncio.get_running_loop().remove_writer)
            except OSError:
                return  # it is just ending

    async def hang_up(self) -> None:
        """End it: the programs at the terminal get SIGHUP, and SIGKILL when that is not enough."""
        if self.open:
            loop = asyncio.get_running_loop()
            # Before it is closed: its number may be the next file's.
            loop.remove_reader(self._master)
            loop.remove_writer(self._master)
            os.close(self._master)
            self._master = -1
            for one in self._waiting:
                one.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), TERM_SECONDS)
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    def _take(self) -> bytes:
        """All that is there, a frame at most. Raises BlockingIOError where there is nothing yet, OSError at the end."""
        parts: list[bytes] = []
        left = FRAME
        while left:
            try:
                part = os.read(self._master, left)
            except OSError:
                if parts:
                    break
                raise
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    async def _ready(self, add: Callable[..., object], remove: Callable[[int], object]) -> None:
        ready = asyncio.Event()
        self._waiting.add(ready)
        add(self._master, ready.set)
        try:
            await ready.wait()
        finally:
            self._waiting.discard(ready)
            if self.open:
                remove(self._master)


def _resize(master: int, size: tuple[int, int]) -> None:
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
