"""The line to the examiner's container while it is set up: what it records, and the script that sets the stage."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from containers.machine import Result

if TYPE_CHECKING:
    from containers.streams import Stream


class SetupLine:
    """An attached container whose first process is `inside/examiner.sh`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._nonce = os.urandom(8).hex()

    def snapshot(self, seconds: float) -> str:
        """What the host's kernel is set to, as `inside/record.sh` says it."""
        self._stream.send(f"{self._nonce}\n".encode())
        mark = f"READY {self._nonce}\n"
        return self._stream.until(mark.encode(), seconds).decode(errors="surrogateescape").removesuffix(mark)

    def join(self, pid: int) -> None:
        """Tell it the learner's first process, by the host's number: the ledger is on disk now."""
        self._stream.say(f"{pid}\n".encode())

    def run(self, script: str, *, stdin: bytes, timeout: float) -> Result:
        """Run a script of busybox's ash. Raises MachineError, TimeoutError."""
        nonce = self._nonce
        self._stream.send(f"{len(stdin)}\n{script}\n{nonce}\n".encode() + stdin)
        end = f"\n{nonce} err ".encode()
        said = self._stream.until(end, timeout)
        said += self._stream.until(b"\n", timeout) if not said.rpartition(end)[2].endswith(b"\n") else b""
        stdout, _, rest = said.decode(errors="surrogateescape").partition(f"\n{nonce} out\n")
        stderr, _, status = rest.rpartition(f"\n{nonce} err ")
        return Result(command=script, status=int(status), stdout=stdout, stderr=stderr)

    def close(self) -> None:
        """Hang up; the container runs on."""
        self._stream.close()
