"""The tasks of a seat: their checks, run when the machine may have changed, and their hints."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from containers import paths
from containers.errors import UsageError
from ramlab import records
from ramlab.workshop import checking
from ramlab.workshop.machine import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from ramlab.catalogue import Lab, Task

SERVER_SECONDS = 30.0
"""How long the process with the checks may take to listen, on a busy host."""
LONGEST_LINE = 1 << 20
FIND_OUT = "find out"


class Tasks:
    """What is known of each task of a lab, in one machine of it."""

    def __init__(self, lab: Lab, on_change: Callable[[], None]) -> None:
        self.lab = lab
        self.checked: float | None = None
        """When the last run ended."""
        self.checking = False
        self.acts = False
        """Whether the run that is under way makes work for the machine."""
        self.problem = ""
        """Why the last run could say nothing."""
        self._on_change = on_change
        self._acting = acting(lab)
        self.begun: float | None = None
        """When the machine was started that it is about."""
        self._found: dict[str, dict[str, Any]] = {}
        self._now = ""
        self._answers = ""
        self._turn = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def told(self) -> list[dict[str, object]]:
        """The tasks as the seat's state has them."""
        taken = records.hints_taken(self.lab.machine_name)
        return [self._told(task, min(taken.get(task.check, 0), len(task.hints))) for task in self.lab.tasks]

    def _told(self, task: Task, taken: int) -> dict[str, object]:
        found = self._found.get(task.check, {})
        return {
            "check": task.check, "number": task.number, "title": task.sentence, "kind": task.kind,
            "points": task.points, "outcome": found.get("outcome", "open"), "message": found.get("message", ""),
            "seconds": found.get("seconds"), "acts": task.check in self._acting,
            "checking": task.check == self._now,
            "hints": {"taken": taken, "of": len(task.hints), "texts": list(task.hints[:taken])},
        }  # fmt: skip

    def hint(self, check: str) -> dict[str, object]:
        """The next hint of a task; the last one again when there is no more."""
        task = self.lab.task(check)
        name = self.lab.machine_name
        taken = records.hints_taken(name)
        count = min(taken.get(task.check, 0) + 1, len(task.hints))
        records.update(records.of_machine(name), hints={**taken, task.check: count})
        self._on_change()
        return {"text": task.hints[count - 1] if count else "", "number": count, "of": len(task.hints)}

    def of(self, begun: float | None) -> None:
        """Be about the machine that was started then: what was known of another one does not count."""
        if begun == self.begun:
            return
        self.begun = begun
        self._found, self._answers, self.checked, self.problem = {}, "", None, ""
        kept = records.read(self._path)
        if begun is not None and kept.get("begun") == begun:
            self._found = dict(kept.get("found", {}))
            self._answers = str(kept.get("answers", ""))
            self.checked = kept.get("checked")
        self._on_change()

    async def look(self) -> None:
        """Run the checks that only look, and where something new was handed in those that it is for."""
        ask = [task.check for task in self.lab.tasks if task.check in self._acting and task.kind == FIND_OUT]
        await self._run([task.check for task in self.lab.tasks if task.check not in self._acting], ask, acts=False)

    async def ask(self, check: str = "") -> None:
        """Run the check of one task, or of all, also if it makes work for the machine. Raises UsageError."""
        wanted = [self.lab.task(check).check] if check else [task.check for task in self.lab.tasks]
        await self._run(wanted, [], acts=True)

    def break_off(self) -> None:
        """End a run that is under way: its process is ended when the connection is."""
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _run(self, checks: Collection[str], on_answers: Collection[str], *, acts: bool) -> None:
        async with self._turn:
            begun = self.begun
            self.checking, self.acts = True, acts
            self._on_change()
            try:
                reader, writer = self._streams = self._streams or await _connected()
                wanted = {"lab": str(self.lab.folder), "student": self.lab.student, "checks": list(checks),
                          "on_answers": list(on_answers), "answers": self._answers, "acts": acts}  # fmt: skip
                writer.write(json.dumps(wanted).encode() + b"\n")
                async for line in reader:
                    words = json.loads(line)
                    if begun != self.begun:  # it is of a machine that is gone; so is what else it would say
                        self.break_off()
                        break
                    if self._take(words):
                        break
                else:
                    self.break_off()
            except (OSError, ValueError, UsageError) as error:
                if begun == self.begun:
                    self.problem = str(error)
                self.break_off()
            finally:
                self.checking, self._now = False, ""
                self._on_change()

    def _take(self, words: dict[str, Any]) -> bool:
        """One line of the run; whether it was the last."""
        if "checking" in words:
            self._now = str(words["checking"])
        if "verdict" in words:
            verdict = words["verdict"]
            self._found[verdict["check"]] = {**verdict, "at": time.time()}
        if "done" in words:
            self.checked = time.time()
            self._answers = str(words.get("answers", self._answers))
            self.problem = str(words.get("problem", ""))
            content = {"begun": self.begun, "answers": self._answers, "found": self._found, "checked": self.checked}
            records.write(self._path, content)
        self._on_change()
        return "done" in words

    @property
    def _path(self) -> Path:
        return paths.state() / "seats" / f"{self.lab.machine_name}.json"


def acting(lab: Lab) -> set[str]:
    """The checks that make work for the machine: those that have the fixture `workload`, or one that has it."""
    tree = ast.parse(lab.checks.read_text())
    wants = {
        item.name: {argument.arg for argument in item.args.args}
        for item in tree.body
        if isinstance(item, ast.FunctionDef)
    }

    def acts(name: str) -> bool:
        return name == "workload" or any(acts(other) for other in wants.get(name, ()) if other != name)

    return {task.check for task in lab.tasks if acts(task.check)}


async def _connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the process with the checks, which is started where there is none."""
    end = time.monotonic() + SERVER_SECONDS
    server: asyncio.subprocess.Process | None = None
    while True:
        try:
            return await asyncio.open_unix_connection(checking.place(), limit=LONGEST_LINE)
        except OSError:
            if time.monotonic() > end:
                raise
        if server is None or server.returncode is not None:
            server = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "ramlab.workshop.checking", stdin=asyncio.subprocess.DEVNULL,
                env=clean_environment(), start_new_session=True,
            )  # fmt: skip
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.wait(), 0.1)
        await asyncio.sleep(0.05)
