"""Machines that are up before their participants are.

A machine's parameters are those of its student, and nobody knows yet who will come. So a warm machine is staged for a
stand-in, `Warm-07`, and whoever takes it is that student to all of the workshop's labs from then on. Hub, board and
export know participants by their own names.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from containers import machines, paths
from containers.errors import RamlabError
from containers.machine import USED
from ramlab import records, sessions
from ramlab.interrupts import LIFELINE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STAND_IN = "Warm-{:02}"
"""No participant is called so: the hub makes small letters of every name."""
FREE, TAKEN = "warm", "warm-taken"
"""Folders with an empty file for each stand-in. Who moves it from the first to the second has it."""
AS = "as"
"""In a seat's record: the student that its participant is to the labs."""
TRIES = 3
"""Machines in a row that may fail before no more are made."""


def record_of(state: Path, participant: str) -> Path:
    """What a seat remembers: `{"lab": folder's name, "as": student}`."""
    return state / "seats" / f"{participant}.json"


def take(participant: str, lab: str) -> str:
    """The student that a participant is to the labs: one whose machine is up, where there is one; always the same."""
    record = record_of(paths.state(), participant)
    if known := records.read(record).get(AS):
        return str(known)
    student = _next_free(lab) or participant
    records.update(record, **{AS: student})
    return student


def _next_free(lab: str) -> str:
    free, taken = paths.state() / FREE, paths.state() / TAKEN
    for one in sorted(free.glob("*")):
        with suppress(FileNotFoundError):  # somebody else was faster
            one.rename(taken / one.name)
            with suppress(RamlabError):
                machine = machines.find(f"{lab}@{one.name}")
                if machine:  # the time that counts is its participant's
                    (machine.folder / USED).touch()
                    records.update(machine.folder / sessions.NOTE, started=time.time())
                    return one.name
    return ""


def free_in(state: Path) -> int:
    """How many machines wait for their participants."""
    return sum(1 for _ in (state / FREE).glob("*"))


class Warmer:
    """Makes the warm machines of a workshop, one after the other, in processes of their own."""

    def __init__(self, lab: str, wanted: int, seats: int, environment: Mapping[str, str], state: Path) -> None:
        self.lab, self.wanted, self.seats = lab, wanted, seats
        self.state = state
        self.failed = 0
        self._environment = environment
        self._student = ""
        self._child: subprocess.Popen[bytes] | None = None
        self._line = -1
        """Our end of the child's lifeline."""
        for name in (FREE, TAKEN):
            (state / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def pid(self) -> int:
        """Of the process that makes one, 0 where none does."""
        return self._child.pid if self._child else 0

    def step(self) -> str:
        """See how far it is, begin the next one; words for the instructor where there is something to say."""
        if self._child is None:
            return self._begin() if self.wanted else ""
        if self._child.poll() is None:
            return ""
        done = self._child.returncode == 0
        self.end()
        if done:
            self.failed = 0
            (self.state / FREE / self._student).touch()
            return ""
        self.failed += 1
        if self.failed < TRIES:
            return ""
        self.wanted = 0
        return "no more machines are made before their participants come: the last ones failed; theirs will say why"

    def _begin(self) -> str:
        made = {one.name for name in (FREE, TAKEN) for one in (self.state / name).glob("*")}
        missing = [name for n in range(1, self.wanted + 1) if (name := STAND_IN.format(n)) not in made]
        if not missing or len(made) + self._strangers() >= self.seats:
            self.wanted = 0
            return f"{free_in(self.state)} machines are up and wait for their participants"
        self._student = missing[0]
        theirs, self._line = os.pipe()
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "ramlab.workshop.bringing_up", "ensure", self.lab, self._student, "vm"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=(theirs,), start_new_session=True,
            env={**self._environment, LIFELINE: str(theirs)},
        )  # fmt: skip
        os.close(theirs)
        return ""

    def _strangers(self) -> int:
        """Participants who came before a machine was warm, and had one made."""
        known = [records.read(path) for path in (self.state / "seats").glob("*.json")]
        return sum(AS in one and not (self.state / TAKEN / str(one[AS])).exists() for one in known)

    def end(self) -> None:
        """Make no more; one that is half made is undone."""
        if self._child:
            os.close(self._line)
            self._child.wait()
            self._child = None
