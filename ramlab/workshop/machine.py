"""The machine of a seat: brought up, watched, put in the place of one that is lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from containers import locks, machines
from containers.errors import HostCannot, RamlabError
from containers.machine import IN_USE
from containers.vm import VmMachine
from ramlab import life, sessions
from ramlab.interrupts import LIFELINE
from ramlab.workshop import bringing_up, weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from containers.machine import Machine
    from ramlab.catalogue import Lab

EVERY_SECONDS = 2.0
"""How often it is looked at. That costs no more than reading two files of /proc."""
FIRST_SECONDS = 2.0
"""In which a machine that has come up shows its learner a prompt, and does nothing for us."""
BUSY_SHARE, BUSY_SECONDS = 0.25, 4.0
"""A machine that wants so much of a CPU for so long is asked whether it answers; one that gets it weighs less."""
ANSWER_SECONDS, ANSWER_CPU_SECONDS = 5.0, 2.5
"""A machine is called stalled that has not answered for so long, and has used so much of the CPUs meanwhile: one that
only waits for its turn on a busy computer does not thrash."""
UNDO_SECONDS = 15.0
"""How long a start that was broken off may take to undo what it has done."""
STALLED = (
    "Your machine runs, and does not answer: it is at work reclaiming memory and gets nothing else done (it thrashes)."
    " Wait a minute, the OOM killer may end it; what you type meanwhile is not lost. Or take a fresh machine."
)
GONE = "Take a fresh machine; your answers and files in the old one are gone with it."


def clean_environment() -> dict[str, str]:
    """Ours, without what lets us speak to the hub and to the board: no program that we start has to know it."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTERHUB_", "JPY_", "RAMLAB_WORKSHOP_"))}


class SeatMachine:
    """What a seat has of its lab's machine. `state`: none, starting, ready, stalled, resetting, failed."""

    def __init__(self, lab: Lab, kind: str, on_change: Callable[[], None]) -> None:
        self.lab = lab
        self.state = "none"
        self.step = ""
        self.message = ""
        self.since = time.time()
        self.machine: Machine | None = None
        """While the state is ready or stalled."""
        self.examined = False
        """Whether the examiner's door is open: each who comes by then needs no connection of its own."""
        self.begun: float | None = None
        """When this machine was started: it differs from one machine to the next."""
        self._kind = kind
        self._on_change = on_change
        self._starter: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._broken_off = False
        self._turn = asyncio.Lock()

    def told(self) -> dict[str, object]:
        """The part of the seat's state that is about the machine."""
        return {"state": self.state, "step": self.step, "since": self.since, "message": self.message,
                "begun": self.begun}  # fmt: skip

    async def start(self) -> None:
        """Have the machine: the one that runs, or a new one. Gives when it is there, or has failed."""
        async with self._turn:
            if self.machine is None and not self._find():
                await self._bring_up("ensure")

    async def reset(self) -> None:
        """Have a fresh machine, whatever the old one is at, and whatever we are just doing with it."""
        self._break_off()  # who holds the turn gives it up then
        async with self._turn:
            self._let_go()
            await self._bring_up("fresh")

    async def stop(self, message: str) -> None:
        """End the machine."""
        self._break_off()
        async with self._turn:
            self._let_go()
            self._become("none", message=message)
            await asyncio.to_thread(_stop, self.lab.machine_name)

    async def close(self) -> None:
        """Look no longer. The machine lives on: whoever has the seat next finds it again."""
        self._break_off()
        self._let_go()

    def shell(self) -> tuple[list[str], int]:
        """The command line of a shell at the learner's door; a descriptor for it to inherit, and for us to close."""
        if self.machine is None:
            raise RamlabError("the machine is not up", hint="wait until it is, or take a fresh one")
        return life.surrounded(self.machine, None, tty=True), locks.hold_shared(self.machine.folder / IN_USE)

    # -- to have it ------------------------------------------------------------------------------------

    def _find(self) -> bool:
        try:
            machine = machines.find(self.lab.machine_name)
        except RamlabError:
            return False
        if machine is None or not sessions.note(machine).get("staged"):
            return False
        self._have(machine)
        return True

    def _have(self, machine: Machine) -> None:
        self.machine = machine
        started = sessions.note(machine).get("started")
        self.begun = started if isinstance(started, float) else None
        self._become("ready")
        self._tasks.append(asyncio.create_task(self._watch(machine), name="watch"))

    async def _bring_up(self, how: str) -> None:
        self._broken_off = False
        self._become("resetting" if how == "fresh" else "starting", step="making room")
        theirs, ours = os.pipe()  # it ends with us, whatever ends us
        try:
            process = self._starter = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "ramlab.workshop.bringing_up",
                how, self.lab.name, self.lab.student, self._kind,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, pass_fds=(theirs,),
                env={**clean_environment(), LIFELINE: str(theirs)}, start_new_session=True,
            )  # fmt: skip
            assert process.stdout
            words: dict[str, str] = {}
            async for line in process.stdout:
                words = _words(line)
                if "step" in words:
                    self._become(self.state, step=words["step"])
            await process.wait()
        finally:
            self._starter = None
            os.close(theirs)
            os.close(ours)
        if "ready" in words and self._find():
            return
        if self._broken_off:
            return  # by whoever says what follows
        message = words.get("failed", "The start was broken off.")
        state = "none" if process.returncode == HostCannot.exit_status else "failed"
        self._become(state, message="\n".join(part for part in (message, words.get("next", "")) if part))

    def _break_off(self) -> None:
        """End a start that is under way."""
        self._broken_off = True
        starter = self._starter
        if starter and starter.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                starter.terminate()
            asyncio.get_running_loop().call_later(UNDO_SECONDS, _kill, starter)

    def _let_go(self) -> None:
        self.machine, self.examined = None, False
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    def _become(self, state: str, *, step: str = "", message: str = "") -> None:
        if (state, step, message) != (self.state, self.step, self.message):
            if state != self.state:
                self.since = time.time()
            self.state, self.step, self.message = state, step, message
            self._on_change()

    # -- to watch it -----------------------------------------------------------------------------------

    async def _watch(self, machine: Machine) -> None:
        self._tasks.append(asyncio.create_task(self._open(machine), name="open"))
        pid = getattr(getattr(machine, "record", None), "pid", None)  # a container has none of ours
        pulse = weights.Pulse(pid) if pid else None
        while await _alive(machine):
            if pulse:
                wants = pulse.beat(share=BUSY_SHARE)
                await asyncio.to_thread(pulse.weigh, BUSY_SECONDS)
                if wants >= BUSY_SECONDS:
                    await self._ask(machine, pulse.pid)
            await asyncio.sleep(EVERY_SECONDS)
        why = await asyncio.to_thread(machine.lost)
        self.machine, self.examined = None, False
        self._become("failed", message=f"{why.message if why else 'The machine has ended.'}\n{GONE}")

    async def _open(self, machine: Machine) -> None:
        """Open the examiner's door, and leave the machine to its learner for a moment before that."""
        await asyncio.sleep(FIRST_SECONDS)
        await bringing_up.nobody_waits_to_open()
        if isinstance(machine, VmMachine):
            with contextlib.suppress(RamlabError):  # it is seen by whoever goes through it
                await asyncio.to_thread(machine.examiner.open)
        self.examined = self.machine is machine
        self._on_change()

    async def _ask(self, machine: Machine, pid: int) -> None:
        """Have the machine answer; it is stalled as long as it has not."""
        words = machine.examiner.argv("true")
        asked = await asyncio.create_subprocess_exec(
            *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL, env=clean_environment(), start_new_session=True,
        )  # fmt: skip
        try:
            begun, had = time.monotonic(), weights.cpu_seconds(pid) or 0.0
            while asked.returncode is None and await _alive(machine):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asked.wait(), 1)
                used = (weights.cpu_seconds(pid) or had) - had
                late = time.monotonic() - begun > ANSWER_SECONDS and used > ANSWER_CPU_SECONDS
                if asked.returncode is None and late:
                    self._become("stalled", message=STALLED)
            if asked.returncode == 0:
                self._become("ready")
        finally:
            _kill(asked)


async def _alive(machine: Machine) -> bool:
    if machine.kind == "vm":
        return machine.alive()
    try:
        return await asyncio.to_thread(machine.alive)  # asks its engine
    except RamlabError:
        return True  # nobody knows


def _stop(name: str) -> None:
    with contextlib.suppress(RamlabError), machines.locked(name):
        if machine := machines.find(name):
            machine.stop()


def _words(line: bytes) -> dict[str, str]:
    try:
        words = json.loads(line)
    except ValueError:
        return {}
    return words if isinstance(words, dict) else {}


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
