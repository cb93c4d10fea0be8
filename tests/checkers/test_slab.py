"""The kernel's caches of small objects, and its dentries, as lab 13's machine has them."""

from pathlib import Path

import pytest
import testinfra

from checkers import ReadError, slab

DATA = Path(__file__).parents[1] / "data" / "slab"


def text(name):
    return (DATA / f"{name}_6.12.txt").read_text()


@pytest.fixture(scope="module")
def caches():
    return slab.parse(text("museum"))


def test_a_cache(caches):
    tasks, inodes = caches["task_struct"], caches["ext4_inode_cache"]

    assert (tasks.size, tasks.per_slab, tasks.pages_per_slab, tasks.slab_bytes) == (8448, 3, 8, 32768)
    assert tasks.bytes == tasks.slabs * 32768
    assert tasks.active <= tasks.objects == tasks.slabs * 3
    assert not tasks.reclaimable
    # What the objects take is not what was asked for: 14 of 1168 bytes, each with 8 to align it, in 4 pages.
    assert (inodes.size, inodes.object_size, inodes.per_slab) == (1168, 1160, 14)
    assert inodes.lost_per_slab == 4 * 4096 - 14 * 1160
    assert inodes.reclaimable


def test_the_columns_agree_with_each_other(caches):
    for cache in caches.values():
        assert cache.objects == cache.slabs * cache.per_slab, cache
        assert 0 < cache.object_size <= cache.size <= cache.slab_bytes // cache.per_slab, cache
        assert 0 <= cache.lost_per_slab < cache.slab_bytes, cache


def test_merged_caches_go_by_one_name(caches):
    sockets = slab.holding(caches, "UNIX")

    assert (sockets.name, sockets.others) == ("PING", ("UNIX", "UNIX-STREAM"))
    assert slab.holding(caches, "PING") == sockets
    assert sockets.active > 1500
    assert caches["dentry"].others == ()
    with pytest.raises(ReadError, match="no cache has objects of the name 'SLOB'"):
        slab.holding(caches, "SLOB")


@pytest.mark.parametrize(
    ("size", "kind", "name"),
    [(81, "rcl", "kmalloc-rcl-96"), (96, "rcl", "kmalloc-rcl-96"), (97, "rcl", "kmalloc-rcl-128"),
     (300, "", "kmalloc-512"), (8192, "cg", "kmalloc-cg-8k")],
)  # fmt: skip
def test_from_which_cache_a_request_is_served(caches, size, kind, name):
    assert slab.kmalloc(caches, size, kind=kind).name == name


def test_what_is_too_big_for_any_cache(caches):
    with pytest.raises(ReadError, match="for 8193 bytes"):
        slab.kmalloc(caches, 8193)


def test_dentries(caches):
    found = slab.parse_dentries(text("dentry_state"))

    assert found.negative > 20000
    assert found.unused > found.negative
    assert 0 < found.positive == found.total - found.negative
    # The cache counts as in use what is free in the slabs that CPUs have for themselves.
    assert abs(caches["dentry"].active - found.total) < 1000


@pytest.mark.parametrize("damaged", ["", "1 2 3 4 5", "1 2 3 4 x 6", "1 2 3 4 5 6 7"])
def test_a_damaged_dentry_state_is_our_error(damaged):
    with pytest.raises(ReadError, match="expected six numbers"):
        slab.parse_dentries(damaged)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("slabinfo - version: 2.1", "slabinfo - version: 1.1", "not of version 2"),
        ("<pagesperslab>", "<pages>", "not of version 2"),
        ("\nbio-128 ", "\nbio-128 a", "expected a line of a cache"),
        ("--\n", "", "expected three parts, seen 1"),
        ("./dentry/object_size:192", "./dentry/object_size:", "expected './FOLDER/FILE:NUMBER'"),
    ],
)
def test_damaged_text_is_our_error(old, new, message):
    whole = text("museum")
    assert old in whole

    with pytest.raises(ReadError, match=message):
        slab.parse(whole.replace(old, new))


def test_a_cache_that_vanished_meanwhile_has_what_slabinfo_says():
    lines = [line for line in text("museum").splitlines() if "/ext4_inode_cache/" not in line]
    folder = next(line.split()[1] for line in lines if line.startswith("jbd2_journal_handle :"))
    kept = "\n".join(line for line in lines if f"./{folder}/" not in line) + "\n"

    assert slab.parse(kept)["jbd2_journal_handle"].object_size == slab.parse(kept)["jbd2_journal_handle"].size


def test_on_this_linux():
    found = slab.dentries(testinfra.get_host("local://"))

    assert found.total > 0
