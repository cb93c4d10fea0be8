"""Wait for a state, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def until(
    look: Callable[[], Seen], good: Callable[[Seen], object], *, deadline: float = 60, pause: float = 0.2
) -> Seen:
    """Look until what is seen is good; give the last look, also where it is not when the deadline is over.

    >>> found = until(lambda: processes.named(host, "ledgerd"), lambda found: len(found) == 1)

    Times are seconds. A generous deadline costs nothing where things are as they should be: the caller judges
    what is given, and so nothing is accepted or refused for being slow.
    """
    end = time.monotonic() + deadline
    while True:
        seen = look()
        if good(seen) or time.monotonic() > end:
            return seen
        time.sleep(pause)
