"""testinfra over a door of a machine."""

from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from containers.machine import Door


class DoorBackend(BaseBackend):  # type: ignore[misc] # testinfra ships no types
    """A testinfra backend that needs no registration: it is made from a door."""

    NAME = "machine"

    def __init__(self, door: Door, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- testinfra's signature
        super().__init__(door.name, *args, **kwargs)
        self._encoding = "UTF-8"  # the image's; testinfra would ask `locale` and pass arguments a door does not take
        self.door = door

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:  # noqa: ANN401
        """Run a command at the door; testinfra quotes `args` into it."""
        done = self.door.run(self.get_command(command, *args), **kwargs)
        return self.result(done.status, self.encode(done.command), _bytes(done.stdout), _bytes(done.stderr))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")  # what a process calls itself need not be UTF-8


def host_of(door: Door) -> Host:
    """A testinfra host that asks at `door`."""
    return Host(DoorBackend(door))
