"""Nobody gets a point for an answer that would rather look right, and nobody else notices that one tried."""

from pathlib import Path

import pytest

CHEATS = sorted(path.stem for path in (Path(__file__).parent / "answers").glob("*.sh"))
FORGERS = ("forges_the_examiner",)
"""What the checks were shown was false; the machine's memory said so."""
NO_MACHINE_LEFT = ("panics", "powers_off")


def test_there_are_many():
    assert len(CHEATS) >= 30


@pytest.mark.parametrize("name", CHEATS)
def test_no_cheat_has_a_point(graded, name):
    result = graded.by_student[name.replace("_", "-")]

    assert (result["state"], result["points"]) in (("graded", 0), ("could not be graded", 0)), result
    if result["state"] != "graded":
        assert result["reason"], "a human has to know where to look"
        assert graded.rows[result["student"]]["90_vault"] == ""


@pytest.mark.parametrize("student", ["a-honest", "honest", "zz-honest"])
def test_the_next_one_is_graded_as_if_nothing_had_happened(graded, student):
    result = graded.by_student[student]

    assert (result["state"], result["points"], result["flags"]) == ("graded", 3, []), result


@pytest.mark.parametrize("name", FORGERS)
def test_who_forges_what_the_examiner_sees_is_named(graded, name):
    flags = graded.by_student[name.replace("_", "-")]["flags"]

    assert any("the examiner was shown something else: sysctls vm.swappiness" in flag for flag in flags), flags


@pytest.mark.parametrize("name", NO_MACHINE_LEFT)
def test_who_ends_the_machine_has_no_points_and_a_reason(graded, name):
    result = graded.by_student[name.replace("_", "-")]

    assert (result["state"], "left no machine to look at" in result["reason"]) == ("graded", True)


def test_no_machine_is_left(graded):
    assert graded.machines == []
