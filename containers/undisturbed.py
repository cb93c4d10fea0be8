"""Moments in which Ctrl-C waits: a process that has begun must be known to who ends it before anything is raised."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back SIGHUP, SIGINT and SIGTERM, so far as Python handles them, until the block is over.

    `subprocess.Popen` begins its process before it returns: a KeyboardInterrupt in between leaves one that nobody
    knows. Not by a signal mask, which the process would inherit. In threads nothing is to be done: Python's handlers
    run in the main one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        del frame
        held.append(number)

    # Ignored ones stay ignored: whoever began under nohup expects it of the process, too.
    before = {number: handler for number in _SIGNALS if callable(handler := signal.getsignal(number))}
    try:
        for number in before:
            signal.signal(number, hold)
        yield
    finally:
        # All are back before one is told: what it raises would leave the others held for ever.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, before)
        for number, handler in before.items():
            signal.signal(number, handler)
        for each in held:
            signal.raise_signal(each)  # pending until they are let through
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
