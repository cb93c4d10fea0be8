"""Bring a seat's machine up, as a process of its own: it can be ended at any moment, and then leaves nothing half-made.

Says what it does as JSON lines: `{"step": words}`, at the end `{"ready": name}` or `{"failed": words, "next": words}`.
"""

from __future__ import annotations

import json
import sys

from containers.errors import RamlabError
from ramlab import catalogue, interrupts, sessions

HOWS = ("ensure", "fresh")


def main(how: str, lab: str, student: str, kind: str) -> int:
    """`ensure` a machine, or have a `fresh` one in its place; the exit status is that of `ramlab start`."""
    interrupts.hear()
    interrupts.hold_lifeline()
    try:
        this = catalogue.load(lab, student)
        if how == "fresh":
            machine = sessions.fresh(this, kind=kind, progress=lambda step: say(step=step))
        else:
            machine = sessions.ensure(this, kind=kind, progress=lambda step: say(step=step)).machine
    except RamlabError as error:
        say(failed=error.message, next=error.hint)
        return error.exit_status
    except KeyboardInterrupt:
        return 130  # as a shell says it of SIGINT
    say(ready=machine.name)
    return 0


def say(**words: str) -> None:
    """One line."""
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
