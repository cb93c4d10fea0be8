"""The hand that sets the stage of a fork: a shell of the examiner's that waits in the template, at a virtio port.

It is there without a handshake and without a session, which cost 0.2 s each under emulation; `image/pid1` has its
other end. It runs one script, before anybody else is in the machine, and ends.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from containers.errors import MachineError
from containers.line import Line
from containers.machine import Result

PORT = "hand"
"""The name of its socket in the machine's folder of sockets."""


class Hand:
    """`path`: the port's socket; `died` returns QEMU's exit status, or None while it runs."""

    def __init__(self, path: Path, died: Callable[[], int | None]) -> None:
        self._nonce = os.urandom(8).hex()
        self._line = Line(path, died)

    def wake(self, hostname: str, seconds: float) -> None:
        """Have it set clock and name of the fork. Raises MachineError when it does not answer."""
        self._line.send(f"{self._nonce} {time.time():.0f} {hostname}\n".encode(), seconds)
        self._line.wait_for(f"READY {self._nonce}", seconds)

    def run(self, script: str, *, stdin: bytes, timeout: float) -> Result:
        """Run a script of busybox's ash. Raises MachineError when no whole reply comes within `timeout` seconds."""
        nonce = self._nonce
        data = f"{len(stdin)}\n{script}\n{nonce}\n".encode() + stdin
        # A script may end before it has read all of its input: nobody takes the rest then, and its reply is there.
        threading.Thread(target=self._send, args=(data, timeout), daemon=True).start()
        said = self._line.wait_for(f"\n{nonce} err ", timeout)
        stdout, _, rest = said.partition(f"READY {nonce}\n")[2].partition(f"\n{nonce} out\n")
        stderr, _, status = rest.rpartition(f"\n{nonce} err ")
        return Result(command=script, status=int(status), stdout=stdout, stderr=stderr)

    def _send(self, data: bytes, seconds: float) -> None:
        with suppress(MachineError):  # the one who waits for the reply hears of a dead machine, too
            self._line.send(data, seconds)

    def close(self) -> None:
        """Hang up."""
        self._line.close()
