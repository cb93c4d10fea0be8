"""A connection to a socket of QEMU: the serial console, or a virtio port. Markers come out of it, text goes in."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from containers.errors import MachineError


class Line:
    """A connection to the socket `path`. `died` returns QEMU's exit status, or None while it runs."""

    def __init__(self, path: Path, died: Callable[[], int | None], *, seconds: float = 30) -> None:
        self._died = died
        self._said = b""
        self._socket = self._connect(path, seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def send(self, data: bytes, seconds: float) -> None:
        """Send `data`. Raises MachineError when QEMU has ended, or the guest does not take it for `seconds`."""
        try:
            with self._socket.dup() as out:  # with a deadline of its own: `wait_for` may be at work in another thread
                out.settimeout(seconds)
                out.sendall(data)
        except OSError as error:
            raise MachineError(f"the machine took no input ({error}); its last words: {self._tail()}") from error

    def wait_for(self, marker: str, seconds: float) -> str:
        """All that was said until a line with `marker` was whole. Raises MachineError on death and deadline."""
        deadline = time.monotonic() + seconds
        while not self._has(marker.encode()):
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
            self._said += data or b""
        return self._said.decode(errors="surrogateescape")

    def _has(self, marker: bytes) -> bool:
        _, found, after = self._said.rpartition(marker)
        return bool(found) and b"\n" in after

    def _tail(self) -> str:
        return self._said.decode(errors="replace").strip()[-400:] or "(none)"

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
                    raise MachineError(f"QEMU did not open {path.name} within {seconds:.0f} s") from error
                time.sleep(0.002)
            else:
                return connection
