"""Whose turn it is after a check: the learner's (FAIL), the host's (SKIP) or ours (ERROR)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from checkers.errors import ReadError
from containers.errors import HostCannot, RamlabError

if TYPE_CHECKING:
    from ramlab.catalogue import Task

PASSED, FAILED, ERROR, SKIPPED = "passed", "failed", "error", "skipped"

_PARTS = re.compile(
    r"seen:?\s+(?P<seen>.+?)[;\n]\s*expected:?\s+(?P<expected>.+?)[;\n]\s*next:?\s+(?P<next>.+)", re.DOTALL
)
# pytest appends what it saw in a rewritten assert to the assert's own message.
_INTROSPECTION = re.compile(r"\nassert .*", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one task's check."""

    task: Task
    outcome: str
    message: str = ""
    hint: str = ""
    """Of an ERROR or SKIP: the next thing to do."""
    seconds: float = 0.0
    broke_off: bool = False
    """Whether it is an ERROR because an answer did not leave a machine that could be checked."""

    @property
    def banner(self) -> str:
        """What an ERROR begins with."""
        if self.broke_off:
            return "Nothing could be checked after this answer."
        return "This is not your answer's fault."

    def parts(self) -> dict[str, str]:
        """See `parts`, of this message."""
        return parts(self.message)


def parts(message: str) -> dict[str, str]:
    """`{"seen": …, "expected": …, "next": …}` as far as a check's message has them."""
    message = message.strip()
    plain = _INTROSPECTION.sub("", message)
    match = _PARTS.fullmatch(plain)
    if match:
        return {name: _trim(text) for name, text in match.groupdict().items()}
    lines = [line.rstrip() for line in (plain or message).splitlines() if line.strip()]
    return {"seen": "\n".join(lines[:6])}


def _trim(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def outcome(error: BaseException | None, when: str) -> str:
    """The verdict that an exception means. `when` is pytest's phase: setup, call or teardown."""
    if error is None:
        return PASSED
    if isinstance(error, HostCannot | pytest.skip.Exception):
        return SKIPPED
    if when == "call" and isinstance(error, AssertionError | pytest.fail.Exception) and _is_checks_own(error):
        return FAILED
    return ERROR


def says(error: BaseException) -> tuple[str, str]:
    """The error's sentence and its next thing to do."""
    if isinstance(error, RamlabError | ReadError):
        return error.message, error.hint
    if isinstance(error, AssertionError | pytest.fail.Exception | pytest.skip.Exception):
        return str(error), ""
    return f"{type(error).__name__}: {error}", ""


def _is_checks_own(error: BaseException) -> bool:
    """Whether the assertion is a check's or the vocabulary's, and not one deep in a library that it uses.

    testinfra asserts exit statuses: such a surprise tells nothing about the learner's answer.
    """
    trace = error.__traceback__
    module = ""
    while trace:
        name = trace.tb_frame.f_globals.get("__name__", "")
        module = name if isinstance(name, str) else ""
        trace = trace.tb_next
    return module.split(".")[0] not in ("testinfra", "containers")
