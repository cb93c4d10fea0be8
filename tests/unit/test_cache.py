"""The cache's entries: what is in them counts, and several may look at one at once."""

import concurrent.futures
import os
import shutil

import pytest

from containers import cache


@pytest.fixture
def entry(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def build(draft):
        for name in ("one", "two"):
            (draft / name).write_text(f"{name}'s content")

    return cache.entry("things", "some", build, needs_mib=1, progress=print)


def with_other_times(place):
    for file in place.iterdir():
        os.utime(file, (1, 1))


def test_a_copy_is_the_same_entry(entry, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(entry, copy)
    with_other_times(copy)
    assert not cache.intact(copy)
    assert cache.verify(copy)
    assert cache.intact(copy)
    assert cache.digest(copy) == cache.digest(entry)


def test_other_content_of_the_same_size_is_another_entry(entry):
    before = cache.digest(entry)
    (entry / "one").write_text("one's c0ntent")
    assert not cache.verify(entry)
    assert cache.digest(entry) == before  # what it should hold


def test_several_may_verify_at_once(entry):
    """As builders of different templates do with the image, each in a process of its own or in a thread."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            with_other_times(entry)
            assert all(pool.map(cache.verify, [entry] * 8))
    assert cache.intact(entry)
    assert {path.name for path in entry.iterdir()} == {"one", "two", cache.MANIFEST}
