"""The keeper: one quiet process per user that ends machines nobody has used for a while, and then itself.

A machine is in use while a terminal is open in it, and for `RAMLAB_IDLE_MINUTES` after any command to it.
"""

import os
import time
from contextlib import suppress

from containers import locks, machines, paths
from containers.errors import RamlabError
from containers.machine import IN_USE, USED, Machine

MINUTES = 120
"""The default idle limit."""
EVERY_SECONDS = 30


def limit_seconds() -> float:
    """The idle limit; RAMLAB_IDLE_MINUTES=0 means never."""
    with suppress(ValueError):
        return float(os.environ.get("RAMLAB_IDLE_MINUTES", MINUTES)) * 60
    return MINUTES * 60.0


def main() -> None:
    """Watch until no machine is left."""
    lock = paths.state() / "keeper.lock"
    if locks.held(lock):
        return
    with locks.exclusive(lock):
        os.nice(10)
        while True:
            time.sleep(EVERY_SECONDS)
            alive = machines.every()
            if not alive:
                return
            for machine in alive:
                end_if_idle(machine)


def end_if_idle(machine: Machine) -> bool:
    """Stop `machine` if it is past the idle limit; whether it was."""
    with suppress(OSError, RamlabError):
        if _idle(machine):
            with machines.locked(machine.name):
                # Somebody may have put a fresh one in its place while we waited for the lock.
                now = machines.find(machine.name)
                if now and _idle(now):
                    now.stop()
                    return True
    return False


def _idle(machine: Machine) -> bool:
    limit = limit_seconds()
    unused = time.time() - (machine.folder / USED).stat().st_mtime
    return bool(limit) and unused > limit and not locks.held(machine.folder / IN_USE)


if __name__ == "__main__":
    main()
