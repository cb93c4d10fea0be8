"""What a seat is: one participant, a lab, its machine, terminals in it, tasks that tick themselves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from containers import paths
from containers.errors import RamlabError, UsageError
from ramlab import catalogue, records
from ramlab.workshop import bringing_up, reading, warming
from ramlab.workshop.machine import SeatMachine, clean_environment
from ramlab.workshop.tasks import Tasks
from ramlab.workshop.terminals import Terminal
from ramlab.workshop.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ramlab.catalogue import Lab

TERMINALS = 6
SETTLED = 0.6
"""Seconds without output after which a machine is looked at."""
LONGEST = 5.0
"""Seconds of output after which it is looked at all the same."""
COMMANDS = frozenset(b"\r\n\x03\x04\x18\x1a")
"""Keys with which a command begins or ends: Enter, ^C, ^D, ^X (of nano), ^Z."""
UNTYPED = 10.0
"""Between looks for which nobody has typed: `top` prints for ever."""
IDLE, RECENT = 30.0, 300.0
"""Between looks while somebody is there and nothing is printed: much goes on in a machine without a word. It is left
alone when nobody has typed for longer."""
DUTY = 20
"""So many times as long as a look took there is none for which nobody has typed: looks cost the machine's CPU, and all
machines have the same CPUs."""
FIRST_WORDS_SECONDS = 5.0
"""How long the others wait for a shell that says nothing."""
LEFT_SECONDS = 900.0
"""How long the machine of a lab that was left for another one is kept."""
OVER = "The workshop is over: its time has run out. What you have done is with your instructor."


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the hub tells a seat by its environment."""

    student: str
    title: str
    labs: tuple[str, ...]
    kind: str
    expires: float | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Raises UsageError for what is not whole."""
        labs = tuple(environment.get("RAMLAB_WORKSHOP_LABS", "").split())
        if not labs or not environment.get("JUPYTERHUB_USER"):
            raise UsageError("a seat is started by the hub", hint="type: ramlab workshop up")
        expires = environment.get("RAMLAB_WORKSHOP_EXPIRES", "")
        return cls(
            student=environment["JUPYTERHUB_USER"], title=environment.get("RAMLAB_WORKSHOP_TITLE", "ramlab"),
            labs=labs, kind=environment.get("RAMLAB_WORKSHOP_KIND") or "auto",
            expires=float(expires) if expires else None,
        )  # fmt: skip


class Seat:
    """All that the pages of one participant show and do."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        student = warming.take(settings.student, settings.labs[0])
        self.labs = {lab.name: lab for lab in (catalogue.load(name, student) for name in settings.labs)}
        self.version = 0
        """Of the state: another one with each change."""
        self.listeners: set[asyncio.Event] = set()
        """Set with each change: whoever waits for one adds its own."""
        self.viewers: dict[asyncio.Event, list[dict[str, Any]]] = {}
        """Those of them that belong to pages, with the samples that each is still to be sent."""
        self.notes: list[dict[str, object]] = []
        self.active: float | None = None
        """When the participant last typed or pressed something."""
        self.used = time.time()
        """When anybody did."""
        self.terminals: dict[int, Terminal] = {}
        self.timeline = Timeline(self._sampled)
        self._opening = asyncio.Lock()
        self._background: set[asyncio.Task[Any]] = set()
        self._left: dict[str, float] = {}
        self._output = self._dirty = self._looked = self._took = 0.0
        self._typed = self._touched = self._owed = False
        known = records.read(self._path).get("lab")
        self._sit(self.labs[known] if known in self.labs else next(iter(self.labs.values())))

    def _sit(self, lab: Lab) -> None:
        self.lab = lab
        self.brief, self.chapter = reading.brief(lab), reading.chapter(lab)
        self.tasks = Tasks(lab, self.changed)
        self.machine = SeatMachine(lab, self.settings.kind, self._machine_changed)

    # -- what is told ----------------------------------------------------------------------------------

    def state(self, viewer: str = "", *, whole: bool = True) -> dict[str, Any]:
        """The state as JSON has it; not `whole`: without what is only to be read."""
        return {
            "lab": self.lab.name,
            "labs": [{"name": lab.name, "title": lab.title} for lab in self.labs.values()],
            "title": self.lab.title,
            **({"brief": self.brief, "chapter": self.chapter} if whole else {}),
            "machine": self.machine.told(),
            "tasks": self.tasks.told(),
            "checked": self.tasks.checked,
            "checking": self.tasks.checking,
            "problem": self.tasks.problem,
            "terminals": sorted(n for n, terminal in self.terminals.items() if not terminal.ended),
            "notes": self.notes,
            "expires": self.settings.expires,
            "student": self.settings.student,
            "active": self.active,
            "viewer": viewer,
        }

    def changed(self) -> None:
        """Tell everybody."""
        self.version += 1
        for event in (*self.listeners, *self.viewers):
            event.set()

    def _sampled(self, rows: dict[str, Any]) -> None:
        for event, waiting in self.viewers.items():
            if len(waiting) < 100:  # noqa: PLR2004 -- who does not read will ask for all of it
                waiting.append(rows)
            event.set()

    def take_notes(self, notes: list[dict[str, object]]) -> None:
        """What the instructor says, from the board."""
        if notes != self.notes:
            self.notes = notes
            self.changed()

    @property
    def over(self) -> bool:
        """Whether the workshop's time has run out."""
        return self.settings.expires is not None and time.time() >= self.settings.expires

    # -- what a person does ----------------------------------------------------------------------------

    def acts(self, viewer: str) -> None:
        """Somebody does something."""
        self.used = time.time()
        if viewer == self.settings.student:
            before, self.active = self.active, self.used
            if before is None or self.used - before > UNTYPED:
                self.changed()

    def typed(self, viewer: str, data: bytes) -> None:
        """Somebody types into a terminal."""
        self.acts(viewer)
        if COMMANDS.intersection(data):
            self._typed = self._touched = True
            self._dirty = self._dirty or time.monotonic()

    async def terminal(self, number: int) -> Terminal:
        """The terminal of this number; a new one where it has ended. Raises RamlabError while there is no machine."""
        async with self._opening:
            known = self.terminals.get(number)
            if known and not known.ended:
                return known
            if all(one.ended for one in self.terminals.values()):
                async with bringing_up.turn_to_open():
                    terminal = await self._shell()
                    await terminal.shows_something(FIRST_WORDS_SECONDS)
            else:
                terminal = await self._shell()
            self.terminals[number] = terminal
            self.changed()
            return terminal

    async def _shell(self) -> Terminal:
        argv, held = self.machine.shell()
        try:
            terminal = Terminal(on_output=self._printed)
            await terminal.start(argv, keep=[held], env={**clean_environment(), "TERM": "xterm-256color"})
        finally:
            os.close(held)
        return terminal

    async def take(self, name: str) -> None:
        """Change to another lab. Raises UsageError where it is none of the workshop's."""
        if name not in self.labs:
            raise UsageError(f"{name!r} is no lab of this workshop", hint=f"labs: {', '.join(self.labs)}")
        if name == self.lab.name:
            return
        self.tasks.break_off()
        await self._end_terminals("you have gone to another lab")
        await self.machine.close()
        self.timeline.rest()
        self._left[self.lab.name] = time.time()
        self._left.pop(name, None)
        records.update(self._path, lab=name)
        self._sit(self.labs[name])
        self.changed()
        self.soon(self.machine.start())

    async def reset(self) -> None:
        """A fresh machine; also where there is none yet."""
        self.tasks.break_off()
        self.timeline.rest()
        await self._end_terminals("the machine was put away for a fresh one")
        await self.machine.reset()

    def ask(self, check: str = "") -> None:
        """Have the check of a task run now, or all. Raises UsageError while there is no machine that could be asked."""
        if self.machine.state != "ready":
            raise UsageError("the machine is not ready", hint="Wait until it is, or take a fresh one")
        self.soon(self.tasks.ask(check))

    def soon(self, work: Any) -> None:  # noqa: ANN401 -- any coroutine
        """Have it done, and do not wait for it."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # -- what goes on by itself ------------------------------------------------------------------------

    async def live(self) -> None:
        """Start the machine, look at it when it may have changed, end what is over. Until it is cancelled."""
        try:
            if not self.over:
                self.soon(self.machine.start())
            while not self.over:
                await asyncio.sleep(0.25)
                self._follow()
                if self._is_to_be_looked_at():
                    # A command may still be at work: what it prints next, as the prompt, is looked at as well.
                    self._owed = self._typed
                    self._typed, self._dirty = False, 0.0
                    began = time.monotonic()
                    await self.tasks.look()
                    self._looked = time.monotonic()
                    self._took = self._looked - began
                await self._stop_left()
            self.tasks.break_off()
            self.timeline.rest()
            await self._end_terminals("the workshop is over")
            await self.machine.stop(OVER)
        except asyncio.CancelledError:
            self.tasks.break_off()
            self.timeline.rest()
            await self._end_terminals("the seat was ended")
            await self.machine.close()
            raise

    def _is_to_be_looked_at(self) -> bool:
        now = time.monotonic()
        if self.machine.state != "ready" or not self.machine.examined or self.tasks.checking or not self._touched:
            return False
        rested = now - self._looked
        if self._dirty and (self._typed or self._owed or rested > max(UNTYPED, DUTY * self._took)):
            return now - self._output > SETTLED or now - self._dirty > LONGEST
        recent = bool(self.viewers) and time.time() - self.used < RECENT
        return recent and rested > max(IDLE, DUTY * self._took)

    def _follow(self) -> None:
        """Samples are taken while somebody looks."""
        machine = self.machine
        if machine.machine and machine.examined and self.viewers and machine.state in ("ready", "stalled"):
            self.timeline.follow(machine.machine, machine.begun)
        elif not self.viewers:
            self.timeline.rest()

    def _printed(self) -> None:
        self._output = time.monotonic()
        self._dirty = self._dirty or self._output

    def _machine_changed(self) -> None:
        machine = self.machine
        if machine.machine:
            before = self.tasks.begun
            self.tasks.of(machine.begun)
            if before != machine.begun:
                # Nobody has done a task in a machine that nobody has typed into; when all come at once, it counts.
                self._touched = bool(self.tasks.checked)
            if machine.state == "stalled" and not self.tasks.acts:
                self.tasks.break_off()
        elif machine.state == "failed":
            self.soon(self._end_terminals("the machine has ended"))
        self.changed()

    async def _end_terminals(self, reason: str) -> None:
        await asyncio.gather(*(terminal.end(reason) for terminal in self.terminals.values()))
        self.changed()

    async def _stop_left(self) -> None:
        for name, at in list(self._left.items()):
            if time.time() - at > LEFT_SECONDS:
                del self._left[name]
                with contextlib.suppress(RamlabError):
                    await SeatMachine(self.labs[name], self.settings.kind, lambda: None).stop("")

    @property
    def _path(self) -> Path:
        return warming.record_of(paths.state(), self.settings.student)
