"""How a check says no: what was seen, what was expected, what to do next."""

import re
from collections.abc import Mapping

from checkers.errors import Failure

_NUMBER = re.compile(r"(-?\d+) *(?:k|kb|kib|pages)?", re.IGNORECASE)
_DECIMAL = re.compile(r"(-?\d+(?:\.\d*)?) *(?:mi?b?(?:/min)?|%)?", re.IGNORECASE)


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
