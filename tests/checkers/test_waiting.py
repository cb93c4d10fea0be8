"""Waiting ends with what was waited for, or with what there was at the deadline."""

from checkers.waiting import until


def test_it_looks_until_it_is_good():
    states = iter([1, 2, 3, 4])

    assert until(lambda: next(states), lambda seen: seen == 3, pause=0) == 3


def test_at_the_deadline_it_gives_what_there_is():
    looks = []

    assert until(lambda: looks.append(1) or len(looks), lambda _: False, deadline=0, pause=0) >= 1


def test_one_look_is_enough_even_without_time():
    assert until(lambda: "there", lambda seen: seen == "there", deadline=-1) == "there"
