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
        self.door = door

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:  # noqa: ANN401
        """Run a command at the door; testinfra quotes `args` into it."""
        done = self.door.run(self.get_command(command, *args), **kwargs)
        return self.result(done.status, self.encode(done.command), done.stdout.encode(), done.stderr.encode())


def host_of(door: Door) -> Host:
    """A testinfra host that asks at `door`."""
    return Host(DoorBackend(door))
