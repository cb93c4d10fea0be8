"""What `ramlab grade` shows while it works: a line for each file, and below them how far it is and how long yet."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_FORMAT = "{percentage:3.0f}%|{bar}| {n_fmt} of {total_fmt} files, {rate_inv_fmt}, {elapsed} so far, {remaining} left"
_EVERY = 1.0
"""Seconds between two looks at the clock: an attempt may take minutes, and a line that stands still looks dead."""


class Bar:
    """On a terminal a live line as long as attempts run; elsewhere only the lines of the files."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._tqdm: tqdm[Any] | None = None
        self._ended = threading.Event()

    def done(self, line: str) -> None:
        """One more file, and what came of it."""
        tqdm.write(line)
        self._done += 1
        if self._tqdm is not None:
            self._tqdm.update()

    def begin(self) -> None:
        """From now on attempts run. What was done before took no time, and says nothing about the rate."""
        # smoothing=0: all attempts weigh alike, as several end at once and the next one long after.
        self._tqdm = tqdm(
            total=self._total, initial=self._done, disable=None, leave=False, unit="file", smoothing=0,
            bar_format=_FORMAT, dynamic_ncols=True,
        )  # fmt: skip
        if not self._tqdm.disable:
            threading.Thread(target=self._tick, name="bar", daemon=True).start()

    def close(self) -> None:
        """Take the live line away."""
        self._ended.set()
        if self._tqdm is not None:
            self._tqdm.close()

    def _tick(self) -> None:
        while self._tqdm is not None and not self._ended.wait(_EVERY):
            self._tqdm.refresh()


@contextmanager
def interrupts_answered() -> Iterator[None]:
    """Say at once that Ctrl-C was heard: attempts and their machines take a while to end."""
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield  # whoever started us wants us to ignore it
        return
    heard = before

    def interrupted(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, heard)
        tqdm.write("Ending what runs. What was graded stays: the same command goes on with the rest.")
        heard(number, frame)

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)
