"""How a check says no: what was seen, what was expected, what to do next."""

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from checkers.errors import Failure, ReadError

NOT_SO = 20
"""A workload's exit status where the machine is not as the learner was to make it; its last line says why."""

_NUMBER = re.compile(r"(-?\d+) *(?:k|kb|kib|pages)?", re.IGNORECASE)
_DECIMAL = re.compile(r"(-?\d+(?:\.\d*)?) *(?:mi?b?(?:/min)?|%)?", re.IGNORECASE)


class Ended(Protocol):
    """What came of a program."""

    @property
    def status(self) -> int:
        """Its exit status."""

    @property
    def stdout(self) -> str:
        """What it said."""

    @property
    def stderr(self) -> str:
        """What it complained of."""


def must(holds: object, seen: str, expected: str, following: str) -> None:
    """Raise Failure where `holds` is false.

    >>> must(ledgerd.oom_score == 0, f"oom_score {ledgerd.oom_score}", "0", "look at /proc/PID/oom_score_adj")

    In place of assert where a learner is to find out the truth: pytest would print it.
    """
    __tracebackhide__ = True
    if not holds:
        raise Failure(seen=seen, expected=expected, following=following)


def answer(
    given: Mapping[str, str], name: str, truth: str | float, expected: str, following: str, *, within: float = 0
) -> None:
    """Raise Failure where what a learner found out is not the truth; the truth is not told.

    >>> answer(answers, "killed_kb", kill.anon_rss_kb, "anon-rss in kB", "read the line with: Killed process")

    For a whole number `truth` the answer may have the unit `kB` or `pages` after it, for a float one `MB`, `MB/min` or
    `%`; and it may be off by `within`.
    A text may differ in upper case and in slashes around it.
    """
    __tracebackhide__ = True
    said = given[name]
    if isinstance(truth, float):
        decimal = _DECIMAL.fullmatch(said.strip())
        must(decimal, f"{name} = {said}", f"a number: {expected}", following)
        right = decimal is not None and abs(float(decimal[1]) - truth) <= within
    elif isinstance(truth, int):
        number = _NUMBER.fullmatch(said.replace(",", "").strip())
        must(number, f"{name} = {said}", f"a whole number: {expected}", following)
        right = number is not None and abs(int(number[1]) - truth) <= within
    else:
        right = said.strip(" /").lower() == truth.strip(" /").lower()
    must(right, f"{name} = {said}", expected, following)


def follows(workload: Ended, about: Callable[[], str] = str) -> None:
    """Pass on what a workload found out: AssertionError with its last line, and `about()` after it.

    Raises ReadError for a workload that broke: that is nobody's answer.
    """
    __tracebackhide__ = True
    if workload.status == NOT_SO:
        raise AssertionError(workload.stdout.splitlines()[-1] + about())
    if workload.status:
        last = (workload.stdout + workload.stderr).strip().splitlines()[-3:]
        raise ReadError(
            f"the workload ended with status {workload.status}; its last words: {' / '.join(last)[-600:] or 'none'}",
            hint="ramlab reset, and check again; if it stays, please report it",
        )
