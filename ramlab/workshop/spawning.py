"""Seats as processes of this computer, as JupyterHub starts them. Loaded by the hub."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Final

from jupyterhub.spawner import SimpleLocalProcessSpawner

SOON: Final = 0.05
"""Seconds between two looks whether a seat answers."""
AT_ONCE: Final = 2 * (os.cpu_count() or 1)
"""So many start at a time, first come, first served: all at once, and everybody is last."""


class SeatSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc]
    """JupyterHub's own, which says that a seat has started when it answers.

    The hub itself looks less and less often, with pauses of seconds in the end; a seat is there within one or two.
    """

    turns = asyncio.Semaphore(AT_ONCE)

    async def start(self) -> tuple[str, int]:
        """Start the seat when it is its turn; where it answers."""
        async with self.turns:
            place: tuple[str, int] = await super().start()
            while await self.poll() is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(*place)
                    writer.close()
                    break
                await asyncio.sleep(SOON)
        return place  # where it has ended instead, the hub finds that out and says so
