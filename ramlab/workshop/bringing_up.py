"""Bring a seat's machine up, as a process of its own: it can be ended at any moment, and then leaves nothing half-made.

Says what it does as JSON lines: `{"step": words}`, at the end `{"ready": name}` or `{"failed": words, "next": words}`.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from containers import machines, paths
from containers.errors import RamlabError
from ramlab import catalogue, interrupts, sessions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

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
    slots = _slots("starting")
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


@asynccontextmanager
async def turn_to_open() -> AsyncIterator[None]:
    """Wait until fewer than AT_ONCE machines open their first terminal: when all do at once, all come last."""
    slots, who_waits = _slots("opening"), _file("waits-to-open")
    try:
        fcntl.flock(who_waits, fcntl.LOCK_SH)
        while not any(_taken(slot) for slot in slots):  # noqa: ASYNC110 -- other processes have the slots
            await asyncio.sleep(0.05)
        yield
    finally:
        for one in (*slots, who_waits):
            os.close(one)


async def nobody_waits_to_open() -> None:
    """Wait until no machine has its first terminal yet to open: what a participant does not see comes after that."""
    who_waits = _file("waits-to-open")
    try:
        while not _taken(who_waits):  # noqa: ASYNC110 -- other processes have it
            await asyncio.sleep(0.2)
    finally:
        os.close(who_waits)


def _slots(name: str) -> list[int]:
    return [_file(f"{name}-{number}") for number in range(AT_ONCE)]


def _file(name: str) -> int:
    place = paths.state() / "locks"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.open(place / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def say(**words: str) -> None:
    """One line."""
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
