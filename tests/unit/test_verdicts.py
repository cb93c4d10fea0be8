"""Which exception is whose, and what of a message is shown."""

import pytest

from checkers.errors import Failure, ReadError
from containers.errors import HostCannot, MachineError
from ramlab import verdicts
from ramlab.catalogue import Task
from ramlab.verdicts import ERROR, FAILED, PASSED, SKIPPED, Verdict

TASK = Task(number=1, check="test_a", sentence="A.", kind="set up", points=1, hints=("b",))


def raised(error):
    try:
        raise error  # noqa: TRY301 -- for its traceback
    except BaseException as caught:  # noqa: BLE001 -- pytest's outcomes are no Exceptions
        return caught


@pytest.mark.parametrize(
    ("error", "when", "outcome"),
    [
        (AssertionError("a"), "call", FAILED),
        (Failure(seen="a", expected="b", following="c"), "call", FAILED),
        (pytest.fail.Exception("a"), "call", FAILED),
        (AssertionError("a"), "setup", ERROR),
        (AssertionError("a"), "teardown", ERROR),
        (ValueError("a"), "call", ERROR),
        (ReadError("a"), "call", ERROR),
        (MachineError("a"), "call", ERROR),
        (MachineError("a"), "setup", ERROR),
        (HostCannot("a"), "setup", SKIPPED),
        (HostCannot("a"), "call", SKIPPED),
        (pytest.skip.Exception("a"), "call", SKIPPED),
    ],
)
def test_whose_turn_it_is(error, when, outcome):
    assert outcome == verdicts.outcome(raised(error), when)


def test_no_exception_is_a_pass():
    assert verdicts.outcome(None, "call") == PASSED


def parts(message):
    return Verdict(task=TASK, outcome=FAILED, message=message).parts()


@pytest.mark.parametrize(
    "message",
    [
        "seen a; expected b; next c",
        "seen: a\nexpected: b\nnext: c",
        "seen a;  expected b;\n next c",
        "seen a; expected b; next c\nassert 1 == 2\n  +1",
    ],
)
def test_the_three_parts_of_a_message_are_found(message):
    assert parts(message) == {"seen": "a", "expected": "b", "next": "c"}


def test_a_part_may_have_lines_and_semicolons():
    message = "seen: one; two\nthree\nexpected: b; c\nnext: type: x; y"

    assert parts(message) == {"seen": "one; two\nthree", "expected": "b; c", "next": "type: x; y"}


def test_another_message_is_shown_as_it_is_but_not_all_of_it():
    assert parts("assert 1 == 2") == {"seen": "assert 1 == 2"}
    assert parts("my words\nassert 1 == 2\n where 1 = x") == {"seen": "my words"}
    assert len(parts("\n".join("abcdefghij"))["seen"].splitlines()) == 6
