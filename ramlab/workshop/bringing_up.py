"""Bring a seat's machine up, as a process of its own: it can be ended at any moment, and then leaves nothing half-made.

Says what it does as JSON lines: `{"step": words}`, at the end `{"ready": name}` or `{"failed": words, "next": words}`.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from containers import machines, paths
from containers.errors import RamlabError
from ramlab import catalogue, interrupts, sessions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from containers.machine import Machine
    from ramlab.catalogue import Lab

AT_ONCE = max(2, os.cpu_count() or 1)
"""Machines of this computer that start at a time: all at once makes all of them the last."""


def main(how: str, lab: str, student: str, kind: str) -> int:
    """`ensure` a machine, or have a `fresh` one in its place; the exit status is that of `ramlab start`."""
    interrupts.hear()
    interrupts.hold_lifeline()
    try:
        this = catalogue.load(lab, student)
        kind = (how == "fresh" and put_away(this.machine_name)) or kind
        with turn():
            machine = bring_up(how, this, kind)
    except RamlabError as error:
        say(failed=error.message, next=error.hint)
        return error.exit_status
    except KeyboardInterrupt:
        return 130  # as a shell says it of SIGINT
    say(ready=machine.name)
    return 0


def put_away(name: str) -> str:
    """End the machine of this name before a turn is waited for: it may be what all others wait for. Its kind."""
    with machines.locked(name):
        old = machines.find(name)
        if old:
            say(step="stopping the old machine")
            old.stop()
    return old.kind if old else ""


def bring_up(how: str, lab: Lab, kind: str) -> Machine:
    """The machine; what is done meanwhile is said."""
    if how == "fresh":
        return sessions.fresh(lab, kind=kind, progress=lambda step: say(step=step))
    return sessions.ensure(lab, kind=kind, progress=lambda step: say(step=step)).machine


@contextmanager
def turn() -> Iterator[None]:
    """Wait until fewer than AT_ONCE machines are starting. A turn ends with its process, whatever ends that."""
    place = paths.state() / "locks"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    slots = [os.open(place / f"starting-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600) for number in range(AT_ONCE)]
    waiting = False
    try:
        while not any(_taken(slot) for slot in slots):
            if not waiting:
                waiting = True
                say(step="waiting for its turn: other machines are starting")
            time.sleep(0.1)
        yield
    finally:
        for slot in slots:
            os.close(slot)


def _taken(slot: int) -> bool:
    try:
        fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def say(**words: str) -> None:
    """One line."""
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
