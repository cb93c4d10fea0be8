"""Attempts as processes: several at once, and none left behind when we are interrupted or killed."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from containers.errors import MachineError
from ramlab.interrupts import LIFELINE

if TYPE_CHECKING:
    from collections.abc import Mapping

DEADLINE = 3600
"""Seconds for one attempt, which has deadlines of its own inside; this one only ends what hangs."""


class Ended(NamedTuple):
    """A process that was."""

    said: str
    """On stdout and stderr."""
    status: int
    """Its exit status; below 0 the signal that ended it, or -1 where `close` came before it began."""
    pid: int
    """Its number, which another one may have by now; 0 where it did not begin."""


class Children:
    """Runs processes for several threads."""

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._closing = threading.Event()
        self._beginning = threading.Lock()
        """So that `close` knows of each process that has begun: it would be ended by nobody."""

    @property
    def closed(self) -> bool:
        """Whether `close` was called, so that what processes did since means nothing."""
        return self._closing.is_set()

    def run(self, argv: list[str], *, environment: Mapping[str, str] | None = None) -> Ended:
        """Run a process to its end; none once `close` was called."""
        # A file and not a pipe: who tears down because we are gone is not to fail at its next word.
        with tempfile.TemporaryFile() as log:
            process = self._run(argv, {**os.environ, **(environment or {})}, log.fileno())
            if process is None:
                return Ended("", -1, 0)
            log.seek(0)
            return Ended(log.read().decode(errors="replace"), process.returncode, process.pid)

    def _run(self, argv: list[str], environment: Mapping[str, str], log: int) -> subprocess.Popen[bytes] | None:
        # Whatever ends us, also SIGKILL, closes our end: that is how the process learns of it. Not PR_SET_PDEATHSIG,
        # which tells of the end of the thread that forked.
        theirs, ours = os.pipe()
        try:
            with self._beginning:
                if self.closed:
                    return None
                process = subprocess.Popen(
                    argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, pass_fds=(theirs,),
                    env={**environment, LIFELINE: str(theirs)},
                    start_new_session=True,  # Ctrl-C reaches us alone; we tell the attempts, once
                )  # fmt: skip
                self._processes.add(process)
            try:
                process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                _end(process)
            finally:
                self._processes.discard(process)
            return process
        finally:
            os.close(theirs)
            os.close(ours)

    def close(self) -> None:
        """End what still runs; each attempt stops its own machine on the way out."""
        with self._beginning:
            self._closing.set()
            running = list(self._processes)
        for process in running:  # all at once, and then wait for each
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        for process in running:
            _end(process, told=True)


def _end(process: subprocess.Popen[bytes], *, told: bool = False) -> None:
    """SIGINT, as Ctrl-C, unless it was told so: pytest then tears down, and the machine goes."""
    for number, patience in ((signal.SIGINT, 60), (signal.SIGKILL, 10)):
        if not told or number != signal.SIGINT:  # a second one would interrupt the teardown
            with suppress(ProcessLookupError):
                process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return
    raise MachineError(f"process {process.pid} cannot be ended")
