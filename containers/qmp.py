"""The QEMU machine protocol, by the library qemu.qmp, for whoever is not asynchronous."""

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from qemu.qmp import ConnectError, QMPClient, QMPError

from containers.errors import MachineError

SECONDS = 60
IGNORE_SHARED = {"capabilities": [{"capability": "x-ignore-shared", "state": True}]}
"""RAM that lies in a shared file is not part of the migration stream (QEMU: docs/system/vm-templating.rst)."""
T = TypeVar("T")


def talk(
    socket: Path,
    conversation: Callable[[QMPClient], Awaitable[T]],
    *,
    died: Callable[[], int | None] = lambda: None,
) -> T:
    """Connect as soon as QEMU listens, hold `conversation`, disconnect.

    Raises MachineError when QEMU does not answer, or has ended (`died` returns its exit status then).
    """

    async def session() -> T:
        client = QMPClient("ramlab")
        while not socket.exists():  # noqa: ASYNC240 -- a stat of a socket does not block
            if died() is not None:
                raise MachineError("QEMU ended at once")
            await asyncio.sleep(0.002)
        await _connect(client, socket)
        try:
            return await conversation(client)
        finally:
            with suppress(QMPError, OSError, EOFError):
                await client.disconnect()

    try:
        return asyncio.run(asyncio.wait_for(session(), SECONDS))
    except (QMPError, OSError, TimeoutError, EOFError) as error:
        raise MachineError(f"QEMU does not answer on {socket}: {error!r}") from error


@contextmanager
def monitor(socket: Path) -> Iterator[Callable[..., Any]]:
    """A conversation of many short questions: `execute(command, **arguments)`, the reply.

    Raises MachineError when QEMU does not answer, or refuses.
    """
    client = QMPClient("ramlab")
    with asyncio.Runner() as runner:

        def execute(command: str, **arguments: Any) -> Any:  # noqa: ANN401 -- whatever QEMU replies
            return runner.run(asyncio.wait_for(client.execute(command, arguments), SECONDS))

        try:
            runner.run(asyncio.wait_for(_connect(client, socket), SECONDS))
            try:
                yield execute
            finally:
                with suppress(QMPError, OSError, EOFError):
                    runner.run(client.disconnect())
        except (QMPError, OSError, TimeoutError, EOFError) as error:
            raise MachineError(f"QEMU does not answer on {socket}: {error!r}") from error


async def _connect(client: QMPClient, socket: Path) -> None:
    while True:
        try:
            await client.connect(str(socket))
        except ConnectError as error:
            # Between bind(2) and listen(2) QEMU's socket exists and refuses. `talk` has the deadline.
            if not isinstance(error.exc, ConnectionRefusedError):
                raise
            await asyncio.sleep(0.005)
        else:
            return


def status(socket: Path) -> str:
    """QEMU's run state: `running`, `paused`, `io-error`, `internal-error` and others."""
    if not socket.exists():
        return "gone"

    return talk(socket, _status)


async def _status(client: QMPClient) -> str:
    reply: Any = await client.execute("query-status")
    return str(reply["status"])


def thaw(socket: Path, state: Path, died: Callable[[], int | None]) -> None:
    """Load the device state that `freeze` wrote; the guest then runs."""

    async def load(client: QMPClient) -> None:
        await client.execute("migrate-set-capabilities", IGNORE_SHARED)
        await client.execute("migrate-incoming", {"uri": f"exec:cat {shlex.quote(str(state))}"})
        # A guest that does not run yet misses packets, and QEMU's network tries again after 6 s only.
        while await _status(client) != "running":  # noqa: ASYNC110 -- QEMU's event may have come before we listen
            await asyncio.sleep(0.002)

    talk(socket, load, died=died)


def freeze(socket: Path, state: Path) -> None:
    """Write the device state to `state` and end QEMU; the RAM is in its file already.

    The guest is not stopped first: a fork then resumes by itself, without a `cont`.
    """

    async def save(client: QMPClient) -> None:
        await client.execute("migrate-set-capabilities", IGNORE_SHARED)
        await client.execute("migrate", {"uri": f"exec:cat > {shlex.quote(str(state))}"})
        while True:
            reply: Any = await client.execute("query-migrate")
            if reply.get("status") == "completed":
                break
            if reply.get("status") == "failed":
                raise MachineError(f"QEMU could not save the template: {reply.get('error-desc', 'no reason given')}")
            await asyncio.sleep(0.005)
        await client.execute("quit")

    talk(socket, save)
