"""The pools of huge pages, as /sys/kernel/mm/hugepages tells of them."""

from pathlib import Path

import pytest
import testinfra

from checkers import ReadError, hugetlb

DATA = Path(__file__).parents[1] / "data" / "thp"


def text(name):
    return (DATA / f"{name}_6.12.txt").read_text()


def test_a_pool_that_is_used_promised_and_overdrawn():
    pools = hugetlb.parse(text("pools"))

    assert set(pools) == {2048, 1048576}
    pool = pools[2048]
    # Twenty were set aside; four have come beside them at need. One mapping has touched 22 of its 24.
    assert (pool.size_kb, pool.persistent, pool.surplus, pool.overcommit) == (2048, 20, 4, 30)
    assert (pool.total, pool.free, pool.reserved, pool.available) == (24, 2, 2, 0)
    assert pools[1048576].total == 0


def test_none():
    assert hugetlb.parse("") == {}


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("hugepages-2048kB/nr_hugepages:many\n", "expected 'hugepages-2048kB/FILE:NUMBER'"),
        ("hugepages-2048kB/nr_hugepages:1\n", "hugepages-2048kB: no 'free_hugepages', but nr_hugepages"),
    ],
)
def test_damaged_files_are_our_error(damaged, message):
    with pytest.raises(ReadError, match=message):
        hugetlb.parse(damaged)


def test_on_this_linux():
    pools = hugetlb.read(testinfra.get_host("local://"))
    sizes = {int(path.name[10:-2]) for path in Path("/sys/kernel/mm/hugepages").glob("hugepages-*")}

    assert set(pools) == sizes
    assert all(pool.free <= pool.total for pool in pools.values())
