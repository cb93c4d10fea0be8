"""Seats as processes of this computer, as JupyterHub starts them. Loaded by the hub."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING, Any, Final

from jupyterhub.spawner import SimpleLocalProcessSpawner
from jupyterhub.utils import random_port

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping, Sequence

SOON: Final = 0.05
"""Seconds between two looks whether a seat answers."""
AT_ONCE: Final = 2 * (os.cpu_count() or 1)
"""So many start at a time, first come, first served: all at once, and everybody is last."""


class Forks:
    """The hub's end of `ramlab.workshop.forking`."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def fork(self, argv: Sequence[str], environment: Mapping[str, str], wanted: dict[str, Any]) -> int:
        """The number of a new seat. Raises OSError where none can be had.

        `argv` and `environment` are of the process that forks; /proc says of its forks that it is theirs, too.
        """
        async with self._turn:
            for _ in range(2):  # the one that was there may have been killed
                if self._process is None or self._process.returncode is not None:
                    self._process = await asyncio.create_subprocess_exec(
                        *argv, env=environment, stdin=PIPE, stdout=PIPE, start_new_session=True
                    )
                if pid := await self._asked(self._process, wanted):
                    return pid
                await self._process.wait()
        raise ChildProcessError(f"{' '.join(argv)} ended; what it said is above")

    @staticmethod
    async def _asked(process: Process, wanted: dict[str, Any]) -> int:
        assert process.stdin
        assert process.stdout
        with contextlib.suppress(ConnectionError):
            process.stdin.write(json.dumps(wanted).encode() + b"\n")
            await process.stdin.drain()
        line = await process.stdout.readline()
        return int(json.loads(line)["pid"]) if line.endswith(b"\n") else 0


class SeatSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc]
    """JupyterHub's own, whose seats are forks, and which says that one has started when it answers.

    The hub itself looks less and less often, with pauses of seconds in the end; a seat is there within one or two.
    `cmd` is that of the process that forks.
    """

    port: int
    forks = Forks()
    turns = asyncio.Semaphore(AT_ONCE)

    async def start(self) -> tuple[str, int]:
        """Start the seat when it is its turn; where it answers."""
        async with self.turns:
            place = (str(self.ip or "127.0.0.1"), int(self.port or random_port()))
            self.port = place[1]  # which is in the environment
            wanted = {"env": self.get_env(), "home": self.home_dir, "name": self.user.name}
            kept = {name: os.environ[name] for name in self.env_keep if name in os.environ}
            everybodys = {name: value for name, value in self.environment.items() if isinstance(value, str)}
            self.pid = await self.forks.fork(self.cmd, {**kept, **everybodys}, wanted)
            while await self.poll() is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(*place)
                    writer.close()
                    break
                await asyncio.sleep(SOON)
        return place  # where it has ended instead, the hub finds that out and says so
