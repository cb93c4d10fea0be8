"""Several readings of one machine in one trip: to an emulated machine a trip costs more than most readings."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from containers.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from containers.machine import Door


def read(door: Door, *readers: Callable[[Host], Any], timeout: float = 120) -> list[Any]:
    """What each of `readers` reads at `door`, in their order.

    A reader asks its host one thing, the same each time: it is called to learn what that is, and again with the reply.
    Raises what the readers raise, and MachineError.
    """
    asked = [_asked(reader) for reader in readers]
    mark = os.urandom(8).hex()
    # By stdin, for a door takes no long commands; none of them may read from there what comes after it.
    script = "".join(f"( {_here(command)}\n) </dev/null\nprintf '\\n{mark} %d\\n' $?\n" for command in asked)
    done = door.run("sh", stdin=script, timeout=timeout)
    *told, _ = re.split(rf"\n{mark} (\d+)\n", done.stdout)
    if len(told) != 2 * len(readers):
        raise MachineError(
            f"{len(told) // 2} of {len(readers)} readings came back; it said: {done.stderr[-500:] or 'nothing'}",
            hint="it may be busy or out of memory: try once more",
        )
    return [
        reader(Host(_Told(command, int(status), text, done.stderr)))
        for reader, command, text, status in zip(readers, asked, told[::2], told[1::2], strict=True)
    ]


def _here(command: str) -> str:
    """The same in the shell that there is: to start another one costs as much as what it does."""
    words = shlex.split(command)
    if words[:3] != ["exec", "sh", "-c"]:
        return command
    script, _, *arguments = words[3:]
    return f"set -- {shlex.join(arguments)}\n{script}"


def _asked(reader: Callable[[Host], Any]) -> str:
    try:
        reader(Host(_Listener()))
    except _Asked as asked:
        return str(asked)
    raise TypeError(f"{reader} asks its host for nothing")


class _Asked(Exception):  # noqa: N818 -- no error, but the way out of a reader
    """What a reader asks of its host."""


class _Listener(BaseBackend):  # type: ignore[misc] # testinfra ships no types
    """Learns what it is asked, and does not answer."""

    NAME = "listener"

    def __init__(self) -> None:
        super().__init__("nobody")

    def run(self, command: str, *args: str, **_: Any) -> CommandResult:  # noqa: ANN401 -- testinfra's signature
        raise _Asked(self.get_command(command, *args))


class _Told(BaseBackend):  # type: ignore[misc]
    """Answers the one thing that it knows."""

    NAME = "told"

    def __init__(self, command: str, status: int, stdout: str, stderr: str) -> None:
        super().__init__("a reply")
        self._known = command
        self._reply = self.result(
            status, *(text.encode(errors="surrogateescape") for text in (command, stdout, stderr))
        )

    def run(self, command: str, *args: str, **_: Any) -> CommandResult:  # noqa: ANN401
        if self.get_command(command, *args) != self._known:
            raise TypeError("a reader asks for another thing the second time")
        return self._reply
