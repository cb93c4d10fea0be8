"""A run of labs, written as a list of tasks."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from ramlab import records
from ramlab.briefing import WIDTH, points, sentence
from ramlab.verdicts import ERROR, FAILED, PASSED, SKIPPED, Verdict

if TYPE_CHECKING:
    from ramlab.attempts import Attempt
    from ramlab.catalogue import Lab, Task

MARKS = {PASSED: ("✓", "green"), FAILED: ("✗", "red"), ERROR: ("!", "yellow"), SKIPPED: ("-", "yellow")}
PLAIN_MARKS = {"✓": "+", "✗": "x", "…": "..."}


class TaskList:
    """Writes through pytest's terminal reporter, so that --color, NO_COLOR and -p no:terminal are respected."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._headed: set[str] = set()
        self._pending = ""

    def note(self, lab: Lab, text: str) -> None:
        """Write a line about the machine, above the tasks."""
        self._erase()
        self._head(lab)
        self._write(f"   {text}\n\n", light=True)

    def checking(self, lab: Lab, task: Task) -> None:
        """On a terminal, show which task is being checked; it may take a while."""
        reporter = self._reporter
        if reporter and reporter.isatty:
            self._head(lab)
            text = f" {self._mark('…')} {task.number}  {task.sentence}"
            self._pending = text[: WIDTH - 1]
            self.redraw()

    def redraw(self) -> None:
        """Write the line of `checking` again, after something else took its place."""
        if self._pending:
            self._write(f"\r\x1b[K{self._pending}")

    def checked(self, lab: Lab, verdict: Verdict) -> None:
        """Write the task's line."""
        self._erase()
        self._head(lab)
        mark, colour = MARKS[verdict.outcome]
        task = verdict.task
        worth = f"{task.points if verdict.outcome == PASSED else 0}/{task.points}"
        line = sentence(f" {self._mark(mark)} {task.number}  ", task.sentence, worth)
        self._write(line[:2], **{colour: True, "bold": True})
        self._write(line[2:] + "\n")

    def close(self, lab: Lab, verdicts: list[Verdict], *, logs: str, attempt: Attempt | None) -> None:
        """Write what to look at first, and the points."""
        self._write("\n")
        errors = [verdict for verdict in verdicts if verdict.outcome == ERROR]
        failed = [verdict for verdict in verdicts if verdict.outcome == FAILED]
        skipped = [verdict for verdict in verdicts if verdict.outcome == SKIPPED]
        if attempt and attempt.result and attempt.result.status:
            self._answer_ended(attempt)
        if errors:
            self._ours(errors[0], lab, logs)
        elif failed:
            self._learners(failed[0], lab, attempt)
        elif skipped:
            self._hosts(skipped[0])
        self._total(lab, verdicts)

    def nothing(self, left_out: list[Task]) -> None:
        """Say that no task was chosen, and which there are."""
        names = ", ".join(task.check.removeprefix("test_") for task in left_out)
        self._write("\n No task was chosen, so nothing was checked.\n", bold=True)
        self._facts({"there are": names or "none"})

    def collection_errors(self, *, live: bool) -> None:
        """Say what pytest would have said about labs that could not be read."""
        reporter = self._reporter
        for report in reporter.stats.get("error", []) if reporter else ():
            if live and isinstance(report, pytest.CollectReport):
                self._write(f"\n {report.longreprtext.replace(chr(10), chr(10) + '   ')}\n")

    def _learners(self, verdict: Verdict, lab: Lab, attempt: Attempt | None) -> None:
        self._write(f" Task {verdict.task.number}, {verdict.task.kind}:\n", bold=True)
        self._facts(verdict.parts())
        if attempt is None:
            taken = records.hints_taken(lab.machine_name).get(verdict.task.check, 0)
            left = max(0, len(verdict.task.hints) - taken)
            more = f"({left} of {len(verdict.task.hints)} left)" if left else "(all of them again)"
            self._facts({"hint": f"ramlab hint {lab.number} {verdict.task.number}   {more}"})
        self._write("\n")

    def _ours(self, verdict: Verdict, lab: Lab, logs: str) -> None:
        self._write(f" {verdict.banner}\n", bold=True, yellow=True)
        self._facts(
            {
                "task": str(verdict.task.number),
                "seen": verdict.parts()["seen"],
                "logs": logs,
                "next": verdict.hint
                or f"ramlab reset {lab.number} and check again; if it stays, report it with the logs",
            }
        )
        self._write("\n")

    def _hosts(self, verdict: Verdict) -> None:
        self._write(" This computer cannot check it.\n", bold=True)
        self._facts({"seen": verdict.message, "next": verdict.hint})
        self._write("\n")

    def _answer_ended(self, attempt: Attempt) -> None:
        assert attempt.result
        self._write(f" {attempt.file.name} ended with status {attempt.result.status}; it said last:\n")
        for line in attempt.result.stdout.splitlines()[-5:]:
            self._write(f"   | {line}\n")
        self._write("\n")

    def _facts(self, facts: dict[str, str]) -> None:
        """Write `word      text` lines, each text wrapped under itself."""
        for word, text in facts.items():
            lines: list[str] = []
            for line in text.splitlines():
                # A command is to be copied: it is not broken in two where it would fit on a line of its own.
                lines += textwrap.wrap(line, WIDTH - 14, break_long_words=False, break_on_hyphens=False) or [""]
            for index, line in enumerate(lines):
                self._write(f"   {word if index == 0 else '':<10}", light=True)
                self._write(f"{line}\n")

    def _total(self, lab: Lab, verdicts: list[Verdict]) -> None:
        open_ = {verdict.task.number for verdict in verdicts if verdict.outcome != PASSED}
        done = [task for task in lab.tasks if task.number in {v.task.number for v in verdicts} - open_]
        asked = {verdict.task.number for verdict in verdicts}
        score = sum(task.points for task in done)
        line = f" {score} of {points(lab.points)}, {len(done)} of {len(lab.tasks)} tasks done"
        if len(asked) < len(lab.tasks):
            line += f" ({len(asked)} checked)"
        every = len(done) == len(lab.tasks)
        self._write(line + ("." if every else "") + "\n", bold=True, **({"green": True} if every else {}))

    def _head(self, lab: Lab) -> None:
        if lab.name in self._headed:
            return
        self._headed.add(lab.name)
        reporter = self._reporter
        if reporter:
            reporter.ensure_newline()
        self._write(f"\n {lab.name}: {lab.title}\n\n", bold=True)

    def _erase(self) -> None:
        if self._pending:
            self._write("\r\x1b[K")
            self._pending = ""

    def _mark(self, mark: str) -> str:
        """The mark, or its ASCII stand-in where the terminal has no such letter."""
        reporter = self._reporter
        encoding = getattr(getattr(reporter, "_tw", None), "_file", None)
        name = getattr(encoding, "encoding", None) or "ascii"
        try:
            mark.encode(name)
        except (UnicodeEncodeError, LookupError):
            return PLAIN_MARKS.get(mark, mark)
        return mark

    @property
    def _reporter(self) -> pytest.TerminalReporter | None:
        reporter: pytest.TerminalReporter | None = self._config.pluginmanager.get_plugin("terminalreporter")
        return reporter

    def _write(self, text: str, **markup: bool) -> None:
        if self._reporter:
            self._reporter.write(text, flush=True, **markup)
