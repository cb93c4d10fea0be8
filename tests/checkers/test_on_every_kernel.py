"""The same stage, recorded by tests/data/record.py on an old, the usual and a new kernel: the same is read from all."""

from pathlib import Path

import pytest

from checkers import (
    hugetlb,
    maps,
    meminfo,
    overcommit,
    pagecache,
    processes,
    slab,
    swaps,
    thp,
    unlinked,
    vmstat,
    writeback,
    zram,
)

DATA = Path(__file__).parents[1] / "data" / "kernels"
KERNELS = sorted(path.stem.removeprefix("maps_") for path in DATA.glob("maps_*.txt"))
STOCK = "/srv/rec/stock.db"


@pytest.fixture(params=KERNELS)
def said(request):
    return lambda name: (DATA / f"{name}_{request.param}.txt").read_text()


@pytest.fixture
def actors(said):
    return [process for process in processes.parse(said("table")) if process.name == "actor"]


def test_there_are_three_kernels():
    assert len(KERNELS) == 3


def test_pages_in_the_page_cache(said):
    found = pagecache.parse(said("pagecache"), STOCK)

    assert (found.size_bytes, found.runs) == (12 << 20, ((0, 3), (50, 50), (1000, 1063)))


def test_thresholds_of_write_back(said):
    found = writeback.parse(said("writeback"))

    assert (found.dirty_bytes, found.threshold_bytes, found.dirty_ratio) == (1 << 20, 1 << 20, 0)
    assert (found.dirty_background_bytes, found.background_threshold_bytes) == (1 << 19, 1 << 19)


def test_the_limit_of_what_is_promised(said):
    found = overcommit.parse(said("overcommit"))

    assert (found.mode, found.ratio, found.hugetlb_kb) == (overcommit.GUESS, 60, 8192)
    assert found.limit_kb == overcommit.commit_limit_kb(
        found.total_kb, ratio=60, hugetlb_kb=8192, swap_kb=found.swap_kb
    )
    assert 0 < found.committed_kb < found.limit_kb


def test_promises_and_what_is_used_of_them(said, actors):
    found = {promise.pid: promise for promise in overcommit.parse_promises(said("promises"))}

    for actor in actors:
        promise = found[actor.pid]
        # 8 MiB with 3 in use, 6 with 2, 1 locked, and what Python has; nothing of what has no reserve or is shared.
        assert 15 * 1024 <= promise.promised_kb < 26 * 1024
        assert 6 * 1024 <= promise.used_kb < 13 * 1024


def test_swap_areas(said):
    compressed, file = sorted(swaps.parse(said("swaps")), key=lambda area: area.path)
    behind = swaps.parse_backing(said("backing").strip())

    assert (file.path, file.kind, file.size_kb, file.priority) == ("/srv/rec/swapfile", "file", 32764, 7)
    assert (compressed.path, compressed.kind, compressed.size_kb) == ("/dev/zram0", "partition", 16380)
    assert (behind.mode, behind.uid, behind.size_bytes, behind.on_root) == (0o600, 0, 32 << 20, True)


def test_a_zram(said):
    (device,) = zram.parse(said("zram"))

    assert (device.path, device.algorithm, device.disksize_kb) == ("/dev/zram0", "zstd", 16384)


def test_files_of_a_tmpfs(said):
    assert [(file.path, file.held_kb) for file in swaps.parse_tmpfs_files(said("tmpfs_files"), "/dev/shm")] == [
        ("/dev/shm/one", 500)
    ]


def test_a_file_without_a_name(said, actors):
    found = unlinked.parse(said("unlinked"))

    assert sorted(file.pid for file in found) == sorted(actor.pid for actor in actors)
    assert {(file.path, file.allocated_kb, file.file_system) for file in found} == {("/srv/mem/clicks", 5120, "tmpfs")}
    assert {(file.file_system_kb, file.file_system_used_kb) for file in found} == {(8192, 5120)}


def test_amounts_of_the_machine(said):
    memory, counters = meminfo.parse(said("meminfo")), vmstat.parse(said("vmstat"))

    assert 200_000 < memory.available_kb < memory.total_kb < 384 * 1024
    assert memory["Mlocked"] >= 1024
    assert memory["Shmem"] >= 7 * 1024 + 500
    assert counters["pgfault"] > counters["pgmajfault"] > 0
    assert "oom_kill" in counters


def test_mappings_and_what_is_in_them(said):
    (space,), (filled,) = (maps.parse(said(name)).values() for name in ("maps", "smaps"))
    sizes = {mapping.size_kb: mapping for mapping in filled.mappings if mapping.anonymous or mapping.shared}

    assert not space.randomized
    assert [mapping.start for mapping in space.mappings] == [mapping.start for mapping in filled.mappings]
    (file,) = (mapping for mapping in filled.mappings if mapping.path == STOCK)
    assert (file.size_kb, file.executable, file.writable, file.shared) == (1024, False, False, False)
    assert sizes[2048].shared
    assert sizes[2048].amounts["Rss"] == 2048
    assert max(mapping.amounts["Anonymous"] for mapping in filled.mappings) >= 3072


def test_what_a_parent_and_its_child_cost(said, actors):
    sums = processes.parse_smaps_rollups(said("smaps_rollups"))

    assert sorted(sums) == sorted(actor.pid for actor in actors)
    parent, child = (sums[actor.pid] for actor in actors)
    # What the child has not written to it shares with its parent, whose own only the locked memory and the file are.
    assert child.uss_kb < 1024 < 5 * 1024 < parent.uss_kb
    assert all(one.uss_kb < one.pss_kb < one["Rss"] for one in (parent, child))
    # Before 6.2 status has what each CPU counts for itself, added up in lumps.
    assert all(abs(actor.rss_kb - sums[actor.pid]["Rss"]) <= 256 for actor in actors)


def test_the_table_of_processes(actors):
    parent, child = actors

    assert child.ppid == parent.pid
    assert (parent.locked_kb, child.locked_kb) == (1024, 0)


def test_huge_pages(said, actors):
    settings, users = thp.parse(said("thp")), thp.parse_users(said("thp_users"))
    pool = hugetlb.parse(said("hugetlb"))[2048]

    assert settings.of(2048) == "madvise"
    assert settings.khugepaged["max_ptes_none"] == 511
    # The child maps the same huge page, and has none of its own.
    assert [(user.pid, user.name, user.anon_huge_kb) for user in users] == [(one.pid, "actor", 2048) for one in actors]
    assert [user.hugetlb_kb for user in users] == [0, 0]
    assert (pool.total, pool.free, pool.reserved) == (4, 4, 2)


def test_caches_of_the_kernel(said):
    caches, names = slab.parse(said("slab")), slab.parse_dentries(said("dentries"))
    dentry = slab.holding(caches, "dentry")

    assert dentry.slabs * dentry.per_slab == dentry.objects >= dentry.active > 1000
    assert names.total > names.unused >= names.negative >= 300
    assert slab.kmalloc(caches, 100).object_size == 128
