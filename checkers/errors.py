"""What the vocabulary raises: ours and the learner's, never in one class."""


class ReadError(Exception):
    """A surface could not be read or parsed, or the check asked for what is not there to be asked.

    Never the learner's failure. `hint` is the next thing to do; `str()` gives both.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class Failure(AssertionError):  # noqa: N818 - it is what pytest calls it
    """The machine was read, and is not what was asked for. It may go to the learner as it is."""

    def __init__(self, *, seen: str, expected: str, following: str) -> None:
        super().__init__(f"seen: {seen}\nexpected: {expected}\nnext: {following}")


class NotThere(Failure):
    """A process or a cgroup that a check names is not on the machine."""


class RecordsLost(Failure):
    """The kernel log wrapped since the cursor: what it would have said is gone."""
