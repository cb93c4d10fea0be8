"""Several readings in one trip, at the door of a real machine."""

import pytest

from checkers import processes, swaps, sysctl
from checkers.errors import ReadError
from ramlab import together


@pytest.fixture
def door(start):
    return start("together").examiner


def test_they_come_in_their_order_and_from_one_moment(door):
    answer, areas, table, said = together.read(
        door,
        lambda host: sysctl.read(host, "vm.swappiness"),
        swaps.read,
        processes.table,
        lambda host: host.run("cat; printf 'no line\\n\\n end'; exit 3"),
    )

    assert answer == {"vm.swappiness": 60}
    assert areas == []
    assert table[0].pid == 1
    assert (said.rc, said.stdout) == (3, "no line\n\n end")


def test_one_that_cannot_be_read_says_so(door):
    with pytest.raises(ReadError, match=r"vm\.nothing"):
        together.read(door, swaps.read, lambda host: sysctl.read(host, "vm.nothing"))


def test_a_reader_asks_one_thing_and_the_same_each_time(door):
    asked = iter(["echo 1", "echo 2"])

    with pytest.raises(TypeError, match="another thing the second time"):
        together.read(door, lambda host: host.run(next(asked)))
    with pytest.raises(TypeError, match="asks its host for nothing"):
        together.read(door, lambda _: 1)
