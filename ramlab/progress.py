"""Progress of long steps: the stage, how long so far, and how long it usually takes on this host."""

import os
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from containers import paths
from ramlab import records

CALM = 0.7
"""Seconds before anything is shown: what is over sooner needs no progress."""


class Steps:
    """Told each stage by calling it. On a terminal one live line, that is gone at the end; else a line per stage.

    Expected times are those of the last time that a step of the same title went through these stages.
    """

    def __init__(self, title: str, *, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._expected: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._stage = ""
        self._drawn = False
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._said: list[str] = []

    def __enter__(self) -> Self:
        self._begun = self._since = time.monotonic()
        known = records.read(self._path).get(self._title)
        if isinstance(known, dict):
            self._expected = {k: float(v) for k, v in known.items() if isinstance(v, int | float)}
        self._thread = threading.Thread(target=self._tick, daemon=True)
        self._thread.start()
        return self

    def __call__(self, stage: str) -> None:
        """Enter a stage."""
        self._close_stage()
        self._stage = stage
        if not self._live and time.monotonic() - self._begun > CALM:
            self._say()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_stage()
        self._over.set()
        if self._thread:
            self._thread.join()
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
        if kind is None and self._took:
            records.update(self._path, **{self._title: {k: round(v, 2) for k, v in self._took.items()}})

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._begun

    @property
    def _path(self) -> Path:
        return paths.state() / "durations.json"

    def _close_stage(self) -> None:
        now = time.monotonic()
        if self._stage:
            self._took[self._stage] = self._took.get(self._stage, 0) + now - self._since
        self._since = now

    def _tick(self) -> None:
        """Keep the live line moving; elsewhere say once what takes longer than a moment."""
        if self._over.wait(CALM):
            return
        if not self._live:
            self._say()
            return
        while True:
            line = self._line()[: os.get_terminal_size(self._stream.fileno()).columns - 1]
            self._stream.write(f"\r\x1b[K{line}")
            self._stream.flush()
            self._drawn = True
            if self._over.wait(0.2):
                return

    def _say(self) -> None:
        """Write a line when a stage is entered, where no line can live."""
        if self._stage and self._stage not in self._said:
            self._said.append(self._stage)
            usual = self._usual(self._expected.get(self._stage, 0), ", usually {} s")
            self._stream.write(f"{self._title}: {self._stage}{usual} ({self.elapsed:.0f} s so far)\n")
            self._stream.flush()

    def _line(self) -> str:
        seconds = time.monotonic() - self._since
        usual = self._usual(self._expected.get(self._stage, 0), " of usually {} s")
        total = self._usual(sum(self._expected.values()), " of usually {} s")
        whole = f"; all in all {self.elapsed:.0f} s{total}" if len(self._took) > 1 else ""
        return f"{self._title}: {self._stage}, {seconds:.0f} s{usual}{whole}"

    def _usual(self, seconds: float, text: str) -> str:
        """`text` with the seconds; nothing where they are not known or too few to wait for."""
        return text.format(round(seconds)) if seconds >= 1 else ""
