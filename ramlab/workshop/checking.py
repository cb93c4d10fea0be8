"""The checks of all seats of a computer: one process that has pytest loaded, and forks for each run.

A run of pytest costs 0.7 s of a CPU before the first check has begun; a fork that has all of it loaded costs a tenth.
Each seat has a connection (JSON lines), and one run at a time on it; closing it ends the run. The process ends itself
when the last seat is gone.

    -> {"lab": folder, "student": ada, "checks": [...], "on_answers": [...], "answers": digest, "acts": false}
    <- {"checking": check}, before each
    <- {"verdict": {"check": ..., "outcome": ..., "message": ..., "seconds": ...}}, for each check
    <- {"done": true, "answers": digest, "problem": ""}
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from containers import locks, paths, sockets

if TYPE_CHECKING:
    from pathlib import Path

LANES = {False: 2, True: 4}
"""Runs at once: of checks that only look, and of those that act; these wait for their machine most of the time."""
SECONDS = {False: 30.0, True: 900.0}
"""After which a run is ended."""
LINGER = 2.0
"""Seconds without a seat after which the process ends."""
NICENESS = 5
_LONGEST = 1 << 16


@dataclass(eq=False)
class Seat:
    """A connection."""

    socket: socket.socket
    said: bytes = b""
    waiting: dict[str, Any] | None = None
    pid: int = 0
    """Of the run, while there is one."""
    pidfd: int = -1
    acts: bool = False
    end: float = 0.0


def place() -> Path:
    """The socket."""
    return sockets.folder_of(paths.state() / "checking") / "door"


class Server:
    """Who forks."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._seats: list[Seat] = []
        """Those that wait stand in the order in which they asked."""

    def run(self) -> None:
        """Serve until the last seat has been gone for a moment."""
        alone = time.monotonic() + 5 * LINGER
        while self._seats or time.monotonic() < alone:
            for key, _ in self._selector.select(0.5):
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    seat = Seat(connection)
                    self._seats.append(seat)
                    self._selector.register(connection, selectors.EVENT_READ, seat)
                elif key.fileobj is key.data.socket:
                    self._hear(key.data)
                elif key.data.pid:  # unless its seat was heard to be gone in the same moment, and the run was reaped
                    self._ended(key.data)
            now = time.monotonic()
            for seat in self._seats:
                if seat.pid and now > seat.end:
                    _kill(seat)
            self._next()
            if self._seats:
                alone = now + LINGER

    def _hear(self, seat: Seat) -> None:
        try:
            part = seat.socket.recv(_LONGEST)
        except OSError:
            part = b""
        seat.said += part
        if not part or len(seat.said) > _LONGEST:
            self._forget(seat)
            return
        line, newline, rest = seat.said.partition(b"\n")
        if newline:
            seat.said = rest
            seat.waiting = json.loads(line)
            # At the end of those who wait.
            self._seats.remove(seat)
            self._seats.append(seat)

    def _forget(self, seat: Seat) -> None:
        self._selector.unregister(seat.socket)
        self._seats.remove(seat)
        seat.socket.close()
        if seat.pid:
            _kill(seat)
            self._reap(seat)

    def _ended(self, seat: Seat) -> None:
        status = self._reap(seat)
        if status:
            took_long = time.monotonic() > seat.end
            problem = "the machine did not answer in time" if took_long else f"the checks ended with status {status}"
            with contextlib.suppress(OSError):
                seat.socket.sendall(json.dumps({"done": True, "problem": problem}).encode() + b"\n")

    def _reap(self, seat: Seat) -> int:
        self._selector.unregister(seat.pidfd)
        os.close(seat.pidfd)
        _, status = os.waitpid(seat.pid, 0)
        seat.pid = 0
        return os.waitstatus_to_exitcode(status)

    def _next(self) -> None:
        for acts, most in LANES.items():
            free = most - sum(bool(seat.pid) and seat.acts == acts for seat in self._seats)
            for seat in self._seats:
                if free > 0 and not seat.pid and seat.waiting and bool(seat.waiting.get("acts")) == acts:
                    free -= 1
                    self._fork(seat, seat.waiting, acts=acts)

    def _fork(self, seat: Seat, wanted: dict[str, Any], *, acts: bool) -> None:
        pid = os.fork()
        if not pid:
            status = 1
            try:
                self._selector.close()
                self._listener.close()
                for other in self._seats:
                    if other is not seat:
                        other.socket.close()
                from ramlab.workshop import check_run

                status = check_run.run(wanted, seat.socket)
            except BaseException:
                traceback.print_exc()
                raise
            finally:
                os._exit(status)  # nothing of ours is to be undone in here
        seat.waiting, seat.pid, seat.acts, seat.end = None, pid, acts, time.monotonic() + SECONDS[acts]
        seat.pidfd = os.pidfd_open(pid)
        self._selector.register(seat.pidfd, selectors.EVENT_READ, seat)


def _kill(seat: Seat) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(seat.pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(seat.pid, signal.SIGKILL)  # it may not have its group yet


def main() -> int:
    """Serve, unless somebody does."""
    lock = paths.state() / "locks" / "checking.lock"
    if locks.held(lock):
        return 0
    with locks.exclusive(lock):
        os.nice(NICENESS)
        from ramlab.workshop import check_run

        check_run.load()
        # What is loaded stays shared with the forks: the collector would write to each object of it.
        gc.collect()
        gc.freeze()
        with sockets.folder_for(paths.state() / "checking"), socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(place()))
            listener.listen(64)
            Server(listener).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
