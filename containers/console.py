"""The serial line of a machine: markers come out of it, one line goes in after a fork."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from containers.errors import MachineError


class Console:
    """A connection to QEMU's console socket. `died` returns QEMU's exit status, or None while it runs."""

    def __init__(self, path: Path, died: Callable[[], int | None], *, seconds: float = 30) -> None:
        self._died = died
        self._said = ""
        self._socket = self._connect(path, seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, line: str) -> None:
        """Type `line` on the serial line."""
        self._socket.sendall(f"{line}\n".encode())

    def wait_for(self, marker: str, seconds: float) -> str:
        """All that was said until a line with `marker` was whole. Raises MachineError on death and deadline."""
        deadline = time.monotonic() + seconds
        while not self._has(marker):
            if time.monotonic() > deadline:
                raise MachineError(
                    f"the machine did not say {marker!r} within {seconds:.0f} s; its last words: {self._tail()}"
                )
            self._socket.settimeout(0.2)
            data: bytes | None = b""  # nothing more will come; None: not yet
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                data = b"" if self._died() is not None else None
            except OSError:
                pass
            if data == b"":
                raise MachineError(f"QEMU ended before the machine said {marker!r}; its last words: {self._tail()}")
            self._said += (data or b"").decode(errors="replace")
        return self._said

    def _has(self, marker: str) -> bool:
        before, found, after = self._said.rpartition(marker)
        del before
        return bool(found) and "\n" in after

    def _tail(self) -> str:
        return self._said.strip()[-400:] or "(none)"

    def _connect(self, path: Path, seconds: float) -> socket.socket:
        deadline = time.monotonic() + seconds
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(path))
            except OSError as error:
                connection.close()
                if self._died() is not None:
                    raise MachineError("QEMU ended at once") from error
                if time.monotonic() > deadline:
                    raise MachineError(f"QEMU did not open its console within {seconds:.0f} s") from error
                time.sleep(0.002)
            else:
                return connection
