"""One lab in a pytest run: its machines, its verdicts, and what is remembered of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ramlab import records
from ramlab.verdicts import FAILED, PASSED

if TYPE_CHECKING:
    from containers.machine import Machine
    from ramlab.attempts import Attempt
    from ramlab.catalogue import Lab, Task
    from ramlab.keeping import Keeper
    from ramlab.verdicts import Verdict


class Stage:
    """One lab in this run: its machines, its verdicts, and whether one of them broke."""

    def __init__(self, lab: Lab, keeper: Keeper) -> None:
        self.lab = lab
        self.keeper = keeper
        self.machines: dict[str, Machine] = {}
        """Those that were asked for, by `Lab.at`."""
        self.fresh: set[str] = set()
        """Which of them were started for this run."""
        self.broken = ""
        self.verdicts: dict[str, Verdict] = {}
        """By nodeid: a task's check may be asked in more than one way."""
        self.attempt: Attempt | None = None
        self.closed = False
        self.contradictions: list[str] = []
        """What the examiner saw and the machine's memory did not say; see `witnessing`."""

    def keep(self, task: Task | None = None) -> None:
        """Keep the logs of the machine that `task` is about, or of the first one that there is."""
        machine = self.machines.get(task.machine) if task else next(iter(self.machines.values()), None)
        if machine:
            self.keeper.machine(machine)

    def in_order(self) -> list[Verdict]:
        """The verdicts in the order of the tasks."""
        return sorted(self.verdicts.values(), key=lambda verdict: verdict.task.number)


def remember(stage: Stage) -> None:
    """Keep which tasks are done, for `ramlab list`, `status` and `hint`."""
    asked = {verdict.task.check for verdict in stage.verdicts.values() if verdict.outcome in (PASSED, FAILED)}
    if not asked:
        return
    path = records.of_machine(stage.lab.machine_name)
    open_ = {verdict.task.check for verdict in stage.verdicts.values() if verdict.outcome != PASSED}
    before = set(records.read(path).get("done") or [])
    done = [task for task in stage.lab.tasks if task.check in (before - asked) | (asked - open_)]
    records.update(
        path,
        done=[task.check for task in done],
        points=sum(task.points for task in done),
        checked=time.time(),
    )
