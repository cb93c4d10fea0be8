"""What a pytest run does when there are labs in it: machines, whose fault a failure is, the list of tasks."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from containers.errors import HostCannot, MachineError, UsageError
from containers.vm import VmMachine
from ramlab import attempts, sessions, verdicts
from ramlab.keeping import Keeper
from ramlab.places import check_student, typed
from ramlab.plugin import LabFolder
from ramlab.progress import Steps
from ramlab.stages import Stage, remember
from ramlab.tasklist import TaskList
from ramlab.verdicts import ERROR, FAILED, PASSED, SKIPPED, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from containers.machine import Machine, Progress
    from ramlab.catalogue import Lab, Task

HOSTS_SKIP, OUR_FAULT = 3, 4


class LabRun:
    """Registered as a plugin by the first lab that is seen."""

    def __init__(self, config: pytest.Config) -> None:
        self.live = False
        """Whether the list of tasks takes the place of pytest's own lines."""
        self.keeps_logs = True
        """Whether logs of a failure are kept. Who looks every few seconds has no use for them, and they take time."""
        self._config = config
        self._student = check_student(config.option.student)
        self._stages: dict[str, Stage] = {}
        self._labs = 1
        self._list = TaskList(config)
        self._left_out: list[Task] = []

    # -- what the fixtures ask for ---------------------------------------------------------------------

    def lab(self, folder: LabFolder) -> Lab:
        """The lab with the parameters of this run's student."""
        return self._stage(folder).lab

    def verdict(self, nodeid: str) -> Verdict | None:
        """What became of a check so far."""
        return next((one for stage in self._stages.values() if (one := stage.verdicts.get(nodeid))), None)

    @contextmanager
    def machines(self, folder: LabFolder) -> Iterator[Callable[[str], Machine]]:
        """The lab's machines while its checks run, by `Lab.at`. Afterwards each stays, or goes if it was ours alone."""
        stage = self._stage(folder)
        try:
            if self._config.option.answer:
                self._answer(stage)
            yield lambda at: stage.machines[at] if at in stage.machines else self._machine(stage, at)
            if not stage.broken:
                for machine in stage.machines.values():
                    self._look_again(stage, machine)
        except MachineError:
            stage.keep()
            raise
        finally:
            broken = [v.task for v in stage.in_order() if v.outcome in (FAILED, ERROR)]
            if broken or self._config.option.witness:
                stage.keep(broken[0] if broken else None)
            for at, machine in stage.machines.items():
                if self._config.option.answer or (at in stage.fresh and self._labs > 1):
                    machine.stop()

    def _look_again(self, stage: Stage, machine: Machine) -> None:
        """Ask last of all what only a living machine answers: the last check may have ended it."""
        if self._config.option.witness and isinstance(machine, VmMachine):
            from ramlab import witnessing

            with suppress(UsageError):  # of a machine of 32 bits the memory is not read
                stage.contradictions += witnessing.contradictions(machine)
                return
        machine.examiner.run("true", timeout=60)

    def _answer(self, stage: Stage) -> None:
        """Begin the attempt: what the answer says, on the machines that it says it for."""
        option = self._config.option
        stage.attempt = attempts.Attempt(
            lab=stage.lab, file=Path(option.answer), kind=option.machine, limit=option.answer_limit,
            machines=stage.machines,
        )  # fmt: skip
        with self._progress(stage) as progress:
            stage.attempt.answer(progress)

    def _machine(self, stage: Stage, at: str) -> Machine:
        """The machine that nobody has asked for yet."""
        with self._progress(stage) as progress:
            if stage.attempt:
                return stage.attempt.machine(at, progress)
            session = sessions.ensure(stage.lab.on(at), kind=self._config.option.machine, progress=progress)
            stage.machines[at] = session.machine
        if session.fresh:
            stage.fresh.add(at)
            if self.live:
                with self._aside():
                    self._list.note(stage.lab, f"{session.machine.name} was not running: this is a fresh one")
                    self._list.redraw()
        return session.machine

    @contextmanager
    def _progress(self, stage: Stage) -> Iterator[Progress]:
        with (
            self._aside(),
            Steps(f"attempt at {stage.lab.name}" if stage.attempt else stage.lab.name) as progress,
        ):
            yield progress
        if self.live:
            with self._aside():
                self._list.redraw()

    def _stage(self, folder: LabFolder) -> Stage:
        name = folder.lab.name
        if name not in self._stages:
            lab = folder.lab.for_student(self._student)
            report = self._config.option.attempt_report
            keeper = Keeper(self._config.rootpath, name, report, wanted=self.keeps_logs)
            self._stages[name] = Stage(lab, keeper)
        return self._stages[name]

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Let progress reach the terminal, which pytest captures while checks run."""
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if capture is None:
            yield
            return
        with capture.global_and_fixture_disabled():
            yield

    # -- collection ------------------------------------------------------------------------------------

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Tell the fixture `machine` which one a check is about, where that is not the lab's first."""
        folder = metafunc.definition.getparent(LabFolder)
        task = folder.lab.by_check.get(metafunc.function.__name__) if folder else None
        if task and task.machine and "machine" in metafunc.fixturenames:
            metafunc.parametrize("machine", [task.machine], indirect=True, scope="module")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put each lab's checks in the order of its tasks: a later one may build on an earlier one's effect."""
        labs: dict[LabFolder, list[int]] = {}
        for index, item in enumerate(items):
            folder = item.getparent(LabFolder)
            if folder:
                labs.setdefault(folder, []).append(index)
        for places in labs.values():
            ordered = sorted((items[index] for index in places), key=lambda item: _task(item).number)
            for index, item in zip(places, ordered, strict=True):
                items[index] = item
        self._labs = len(labs)
        if self._config.option.answer and self._labs > 1:
            raise pytest.UsageError("--answer is for one lab; name one, as in: pytest labs/05_oom --answer FILE")

    # -- one check -------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Ask nothing more of a broken machine; and nothing of the learner's own computer."""
        folder = item.getparent(LabFolder)
        if folder is None:
            return
        stage = self._stage(folder)
        if not stage.verdicts:
            stage.keeper.forget()
        if stage.broken:
            pytest.skip(stage.broken)
        # pytest has no public way to ask which of several fixtures of one name an item will get.
        chosen = item._fixtureinfo.name2fixturedefs.get("host") if isinstance(item, pytest.Function) else None  # noqa: SLF001
        if chosen and chosen[-1].func.__module__ != "ramlab.fixtures":
            raise UsageError(
                "`host` would be this computer, not the machine",
                hint="labs/conftest.py is missing or changed: it has to import the fixtures of ramlab.fixtures",
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell FAIL, SKIP and ERROR apart, for every reporter that there is."""
        report = yield
        folder = item.getparent(LabFolder)
        if folder is None:
            return report
        stage = self._stage(folder)
        error = call.excinfo.value if call.excinfo else None
        outcome = verdicts.outcome(error, report.when or "")
        message, hint = verdicts.says(error) if error else ("", "")
        machine = stage.machines.get(_task(item).machine)
        if report.when == "call" and machine and not machine.alive():
            outcome = ERROR
            message = f"the machine {machine.name} ended during this check"
            hint = f"ramlab reset {typed(machine.name)}, then check again"
            stage.broken = f"{message} of task {_task(item).number}"
        elif outcome == ERROR and not stage.machines:
            stage.broken = f"nothing can be checked: {message.splitlines()[0]}"
        elif outcome == ERROR and isinstance(error, MachineError):
            stage.broken = f"the machine broke in the check of task {_task(item).number}: {message.splitlines()[0]}"
        if outcome == SKIPPED and isinstance(error, HostCannot):
            report.outcome, report.longrepr = "skipped", (str(item.path), 0, f"Skipped: {message}; {hint}")
        elif outcome == ERROR:
            report.outcome = "failed"
            report.longrepr = report.longrepr or message
            if report.when == "call":
                # "failed" in any phase but `call` is an error to the terminal, to junitxml and to --lf alike.
                report.when = "setup"
        if report.when == "call" or outcome != PASSED:
            self._settle(
                stage,
                item,
                report,
                Verdict(
                    task=_task(item),
                    outcome=outcome,
                    message=message,
                    hint=hint,
                    seconds=call.duration,
                    broke_off=isinstance(error, attempts.AnswerError),
                ),
            )
        return report

    def _settle(self, stage: Stage, item: pytest.Item, report: pytest.TestReport, verdict: Verdict) -> None:
        before = stage.verdicts.get(item.nodeid)
        if before and before.outcome not in (PASSED, verdict.outcome):
            return  # the first thing that went wrong is the one to tell
        stage.verdicts[item.nodeid] = verdict
        if verdict.outcome in (FAILED, ERROR):
            stage.keeper.report(item.nodeid, report.longreprtext)
        if verdict.outcome == ERROR:
            stage.keep(verdict.task)

    # -- what is said ----------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count as pytest does, and in a live list write no letters."""
        if not self.live or not isinstance(report, pytest.TestReport):
            return None
        if report.failed:
            return ("failed" if report.when == "call" else "error"), "", ""
        if report.skipped:
            return "skipped", "", ""
        return ("passed" if report.when == "call" else ""), "", ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Write a task's line: at first that it is being checked, then what came of it."""
        folder = item.getparent(LabFolder)
        if folder is None or not self.live:
            return (yield)
        stage = self._stage(folder)
        self._list.checking(stage.lab, _task(item))
        done = yield
        verdict = stage.verdicts.get(item.nodeid)
        if verdict:
            self._list.checked(stage.lab, verdict)
        if nextitem is None or nextitem.getparent(LabFolder) is not folder:
            self._close(stage)
        return done

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Remember which tasks -k, -m or --lf left out."""
        self._left_out += [_task(item) for item in items if item.getparent(LabFolder)]

    def pytest_terminal_summary(self, exitstatus: int) -> None:
        """Close the lists that are not closed yet; where pytest's own lines came first, write them whole."""
        if self.live and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            self._list.nothing(self._left_out)
        self._list.collection_errors(live=self.live)
        for stage in self._stages.values():
            if not self.live:
                for verdict in stage.in_order():
                    self._list.checked(stage.lab, verdict)
            self._close(stage)

    def _close(self, stage: Stage) -> None:
        if stage.verdicts and not stage.closed:
            stage.closed = True
            self._list.close(stage.lab, stage.in_order(), logs=stage.keeper.shown(), attempt=stage.attempt)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Remember what is done; say by the exit status whose turn it is."""
        everything = [verdict for stage in self._stages.values() for verdict in stage.verdicts.values()]
        for stage in self._stages.values():
            if self._config.option.answer:
                report = self._config.option.attempt_report
                attempts.write_report(stage.attempt, stage.lab, stage.in_order(), report, stage.contradictions)
            else:
                remember(stage)
        if session.exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or not everything:
            return
        outcomes = {verdict.outcome for verdict in everything}
        if ERROR in outcomes:
            session.exitstatus = OUR_FAULT
        elif session.exitstatus == pytest.ExitCode.OK and outcomes == {SKIPPED}:
            session.exitstatus = HOSTS_SKIP

    def pytest_unconfigure(self) -> None:
        """Leave no machine of an attempt, also where an interrupt came in the middle of the end."""
        if self._config.option.answer:
            attempts.stop_own()


def _task(item: pytest.Item) -> Task:
    folder = item.getparent(LabFolder)
    assert folder is not None
    return folder.lab.by_check[getattr(item, "originalname", item.name)]
