"""Attempts as processes: several at once, and none left behind when we are interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from containers.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEADLINE = 3600
"""Seconds for one attempt, which has deadlines of its own inside; this one only ends what hangs."""


class Children:
    """Runs processes for several threads."""

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[str]] = set()
        self._closing = threading.Event()

    def run(self, argv: list[str], *, environment: Mapping[str, str] | None = None) -> tuple[str, int]:
        """What the process said, and its exit status; nothing and -1 once `close` was called."""
        if self._closing.is_set():
            return "", -1
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # Ctrl-C reaches us alone; we tell the attempts, once
        )  # fmt: skip
        self._processes.add(process)
        try:
            said, _ = process.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            _end(process)
            said = process.communicate()[0]
        finally:
            self._processes.discard(process)
        return said, process.returncode

    def close(self) -> None:
        """End what still runs; each attempt stops its own machine on the way out."""
        self._closing.set()
        for process in list(self._processes):
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """SIGINT, as Ctrl-C: pytest then tears down, and the machine goes."""
    for number, patience in ((signal.SIGINT, 60), (signal.SIGKILL, 10)):
        with suppress(ProcessLookupError):
            process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return
    raise MachineError(f"process {process.pid} cannot be ended")
