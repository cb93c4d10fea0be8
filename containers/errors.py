"""What can go wrong, told apart by whose turn it is. Libraries raise these; only the command line exits."""

from typing import ClassVar


class RamlabError(Exception):
    """Something went wrong; `hint` is the next thing to do."""

    exit_status: ClassVar[int] = 4

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(RamlabError):
    """The command's words, or a lab's files, are not what they have to be."""

    exit_status = 2


class HostCannot(RamlabError):  # noqa: N818 -- not an error: a fact about the host
    """This host lacks something that the user can provide."""

    exit_status = 3


class MachineError(RamlabError):
    """A machine, or what it is made of, is broken. Never the learner's fault."""

    exit_status = 4
