"""A check's no: in three parts, and without telling the truth."""

from types import SimpleNamespace

import pytest

from checkers import Failure, ReadError, judging


def test_what_holds_says_nothing():
    judging.must([1], "a", "b", "c")


def test_what_does_not_hold_is_said_in_three_parts():
    with pytest.raises(Failure) as caught:
        judging.must("", "two ledgers", "one", "look with ps")

    assert str(caught.value) == "seen: two ledgers\nexpected: one\nnext: look with ps"


@pytest.mark.parametrize(
    ("said", "truth", "within"),
    [
        ("mapjoin", "mapjoin", 0),
        ("MapJoin ", "mapjoin", 0),
        ("batch", "/batch", 0),
        ("/batch/", "/batch", 0),
        ("44800", 44800, 0),
        ("44,800 kB", 44800, 0),
        ("44800kB", 44800, 0),
        ("-350", -350, 0),
        ("25546 pages", 25500, 50),
        ("2.4", 2.25, 0.2),
        ("2.4 MB/min", 2.25, 0.2),
        ("2M", 2.25, 0.5),
        ("12.5 %", 12.0, 1),
    ],
)
def test_an_answer_may_be_written_as_people_write_it(said, truth, within):
    judging.answer({"it": said}, "it", truth, "the truth", "look", within=within)


@pytest.mark.parametrize(
    ("said", "truth", "within"),
    [
        *[
            ("mapjoi", "mapjoin", 0),
            ("", "mapjoin", 0),
            ("44801", 44800, 0),
            ("43.75M", 44800, 0),
            ("25546", 25500, 45),
        ],
        *[("2.4", 2.25, 0.1), ("2400 kB", 2.25, 0.1), ("two", 2.25, 9)],
    ],
)
def test_a_wrong_answer_is_repeated_and_the_truth_is_not_told(said, truth, within):
    with pytest.raises(Failure) as caught:
        judging.answer({"it": said}, "it", truth, "what the kernel says", "look", within=within)

    assert f"seen: it = {said}" in str(caught.value)
    assert str(truth) not in str(caught.value).replace(said or " ", "")


def ended(status, said):
    return SimpleNamespace(status=status, stdout=said, stderr="")


def test_what_a_workload_holds_against_the_learner_is_the_last_thing_it_said():
    with pytest.raises(AssertionError) as caught:
        judging.follows(ended(judging.NOT_SO, "READY\nseen 3; expected 4\n"), lambda: " (of 5)")

    assert str(caught.value) == "seen 3; expected 4 (of 5)"


def test_a_workload_that_broke_is_nobodys_answer():
    with pytest.raises(ReadError, match="status 1; its last words: KeyError"):
        judging.follows(ended(1, "KeyError"))

    judging.follows(ended(0, "READY\n"))
