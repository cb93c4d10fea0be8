"""The memory of a seat's machine over time, while somebody looks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ramlab import sampling
from ramlab.workshop.machine import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from containers.machine import Machine

SAMPLER = Path(__file__).with_suffix(".sh")
MOST = 600
"""Samples that are kept; then every second one of them is dropped."""
LOG_SECONDS = 30.0

Row = list[float]
Event = list[object]


class Timeline:
    """What is on the page: `[moment, used kB, cache kB, swap used kB]`, and what happened."""

    def __init__(self, on_sample: Callable[[dict[str, Any]], None]) -> None:
        self._on_sample = on_sample
        self._task: asyncio.Task[None] | None = None
        self._of: float | None = None
        self.total = 0
        self.swap_total = 0
        self.samples: list[Row] = []
        self.events: list[Event] = []

    def told(self) -> dict[str, Any]:
        """All of it."""
        return {"total": self.total, "swap_total": self.swap_total, "samples": self.samples, "events": self.events}

    def follow(self, machine: Machine, begun: float | None) -> None:
        """Take samples of this machine from now on; those of another one are forgotten."""
        if self._task and not self._task.done() and self._of == begun:
            return
        self.rest()
        if self._of != begun:
            self._of = begun
            self.samples, self.events = [], []
            self._on_sample({**self.told(), "fresh": True})
        self._task = asyncio.create_task(self._take(machine), name="timeline")

    def rest(self) -> None:
        """Take no more."""
        if self._task:
            self._task.cancel()
            self._task = None

    async def _take(self, machine: Machine) -> None:
        sampler = await _at_the_examiners(machine, SAMPLER.read_text())
        assert sampler.stdout
        raw: list[dict[str, Any]] = []
        try:
            while True:
                lines: list[str] = []
                while (line := (await sampler.stdout.readline()).decode(errors="replace")) != "end\n":
                    if not line:
                        return  # the machine has ended
                    lines.append(line)
                raw = [*raw[-1:], sampling.parse(lines)]
                self._add(raw[-1], await _killed(machine, raw) if len(raw) > 1 else [])
        except (OSError, ValueError):
            return
        finally:
            if sampler.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    sampler.terminate()

    def _add(self, sample: dict[str, Any], killed: list[str]) -> None:
        facts, now = sample["meminfo"], round(time.time(), 1)
        cache = facts.get("Cached", 0) + facts.get("Buffers", 0)
        self.total, self.swap_total = facts.get("MemTotal", 0), facts.get("SwapTotal", 0)
        row = [now, self.total - facts.get("MemFree", 0) - cache, cache, self.swap_total - facts.get("SwapFree", 0)]
        events: list[Event] = [[now, f"OOM kill: {name}"] for name in killed]
        self.samples.append(row)
        self.events = [*self.events, *events][-MOST:]
        if len(self.samples) > MOST:
            del self.samples[1::2]
        self._on_sample({"total": self.total, "swap_total": self.swap_total, "samples": [row], "events": events})


async def _killed(machine: Machine, rows: list[dict[str, Any]]) -> list[str]:
    """Whom the OOM killer has taken between the two samples. The kernel's log is only read when its counter says so."""
    before, now = (row["vmstat"].get("oom_kill", 0) for row in rows)
    if now <= before:
        return []
    log = b""
    reader = await _at_the_examiners(machine, "dmesg | grep 'Killed process'")
    with contextlib.suppress(TimeoutError):
        log, _ = await asyncio.wait_for(reader.communicate(), LOG_SECONDS)
    if reader.returncode is None:
        reader.kill()
    return [one["name"] or "somebody" for one in sampling.kills(rows, log.decode(errors="replace"))]


async def _at_the_examiners(machine: Machine, command: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *machine.examiner.argv(command), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env=clean_environment(), start_new_session=True,
    )  # fmt: skip
