"""One run of a lab's checks against the machine that runs, in a process of its own; see `checking`."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import testinfra.modules

import checkers
from containers.errors import RamlabError
from ramlab import places, sessions
from ramlab.fixtures import Answers
from ramlab.plugin import LabFolder, lab_run
from ramlab.verdicts import FAILED

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from ramlab.verdicts import Verdict

INI = Path(__file__).with_name("checks.ini")


def load() -> None:
    """Import all that a run needs, so that the forks have it."""
    for name in ("_pytest.junitxml", "_pytest.logging", "_pytest.skipping", "ramlab.labrun", "containers.backend"):
        import_module(name)
    for name in testinfra.modules.modules:
        with suppress(ImportError):  # a few want what is not installed; no check uses them
            testinfra.modules.get_module_class(name)
    for path in Path(checkers.__file__).parent.glob("[a-z]*.py"):
        import_module(f"checkers.{path.stem}")


def run(wanted: dict[str, Any], seat: socket.socket) -> int:
    """Run the checks and say what becomes of each. The exit status: 0 where the seat has heard all."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(null, number)
    teller = Teller(wanted, seat)
    folder = Path(wanted["lab"])
    os.chdir(folder.parent)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    status = pytest.main(
        [
            str(folder), "-c", str(INI), "--rootdir", str(folder.parent.parent), "--import-mode=importlib",
            "-p", "ramlab.plugin", "-p", "no:cacheprovider", "-q", "-p", "no:faulthandler",
            "--student", wanted["student"],
        ],
        plugins=[teller],
    )  # fmt: skip
    if status in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        teller.problem = teller.problem or f"pytest ended with status {int(status)}"
    teller.say(done=True, answers=teller.answers, problem=teller.problem)
    return 0


class Teller:
    """Takes the checks that are wanted, and tells of each as soon as it is settled."""

    def __init__(self, wanted: dict[str, Any], seat: socket.socket) -> None:
        self._wanted = wanted
        self._seat = seat
        self._run: Any = None
        self.answers = str(wanted.get("answers", ""))
        """A digest of what the learner has handed in."""
        self.problem = ""

    def say(self, **words: object) -> None:
        """One line to the seat."""
        self._seat.sendall(json.dumps(words).encode() + b"\n")

    def pytest_configure(self, config: pytest.Config) -> None:
        """See to it that nothing is kept: what failed is told."""
        self._run = lab_run(config)
        self._run.keeps_logs = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave those that are wanted; of those that want an answer only if there is another one than last time."""
        try:
            machine = sessions.require(places.machine_name(Path(self._wanted["lab"]).name, self._wanted["student"]))
            given = sorted(Answers(machine).items())
        except RamlabError as error:
            self.problem = error.message
            items.clear()
            return
        before = self.answers
        self.answers = hashlib.sha256(json.dumps(given).encode()).hexdigest() if given else ""
        wanted = set(self._wanted["checks"])
        if self.answers != before:
            wanted |= set(self._wanted["on_answers"])
        items[:] = [item for item in items if _check(item) in wanted]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say why a lab cannot be read."""
        if report.failed:
            self.problem = str(report.longrepr)[-2000:]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say which one is at work now."""
        self.say(checking=_name(nodeid))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Say what became of it."""
        verdict = self._run.verdict(nodeid)
        if verdict:
            self.say(verdict={"check": verdict.task.check, "outcome": verdict.outcome, "message": words(verdict),
                              "seconds": round(verdict.seconds, 2)})  # fmt: skip


def words(verdict: Verdict) -> str:
    """The verdict's message, in words that a page shows."""
    if verdict.outcome == FAILED:
        return "\n".join(_lines(verdict.parts().items()))
    return "\n".join(part for part in (verdict.message, verdict.hint and f"next: {verdict.hint}") if part)


def _lines(parts: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name}: {text}" for name, text in parts]


def _check(item: pytest.Item) -> str:
    return getattr(item, "originalname", item.name) if item.getparent(LabFolder) else ""


def _name(nodeid: str) -> str:
    return nodeid.rpartition("::")[2].partition("[")[0]
