"""The guide's pictures: made from what was recorded, and from nothing else."""

import shutil
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from checkers import meminfo
from ramlab.guide import pictures
from ramlab.guide.pictures import kinds_of_memory, svg

SVG = "{http://www.w3.org/2000/svg}"
# name: file, what is changed in it, and what the picture must say then, and did not before
CHANGES = {
    "promises": ("kernels/overcommit_6.12.txt", "CommitLimit:      250576", "CommitLimit:      199680", "195 MB"),
    "kinds_of_memory": (
        "proc/meminfo_with_tmpfs_6.12.txt",
        "MemFree:          123692",
        "MemFree:          113664",
        "111 MB",
    ),
    "process_layout": ("kernels/maps_6.12.txt", "00af9000-00e31000", "00af9000-01731000", "12 MB"),
    "free_columns": (
        "proc/meminfo_with_tmpfs_6.12.txt",
        "MemAvailable:     143204",
        "MemAvailable:     133120",
        "130 MB",
    ),
    "rss_pss_uss": (
        "proc/smaps_rollups_6.12.txt",
        "307/smaps_rollup:Pss:               11827",
        "307/smaps_rollup:Pss:               13312",
        "PSS 13 MB",
    ),
    "lru_lists": ("pictures/lru_classic_6.12.txt", "nr_unevictable 0", "nr_unevictable 5888", "23 MB, locked"),
    "page_table_walk": ("walk/4-level.json", "0x8000000009f9f867", "0x8000000001234867", "page frame 0x1234"),
    "slab_page": ("kernels/slab_6.12.txt", "task_struct           75", "task_struct           60", "60 of 84"),
    "cgroup_tree": ("pictures/cgroups_6.12.txt", "memory.max:33554432", "memory.max:43515904", "memory.max 42 MB"),
    "page_cache": ("pagecache/three_runs_6.12.txt", "run 50 50", "run 50 59", "pages 50 to 59, 40 kB"),
    "oom_candidates": ("kmsg/oom_global_6.12.txt", "118784        0             0 ledgerd",
                       "118784        0           200 ledgerd", "12800 = 23099"),
    "numa_nodes": ("numa/nodes_6.12.txt", "node1/distance:21 10 28 17", "node1/distance:15 10 28 17", "from 1, then 0"),
    "zones": ("zones/scanner_6.12.txt", "managed  19067", "managed  17000", "gives 66 MB"),
    "huge_page": ("pictures/huge_pages_6.12.txt", "25600 faults", "12800 faults", "12800 faults"),
    "dirty_limits": ("pictures/lru_classic_6.12.txt", "_dirty_threshold 18576", "_dirty_threshold 20480", "20: 80 MB"),
}  # fmt: skip


def texts(drawing):
    return [one.text for one in ET.fromstring(drawing.alone()).iter(f"{SVG}text")]  # noqa: S314 -- our own


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_is_well_formed_and_says_what_it_is(name):
    drawing, (head, *rows) = pictures.make(name)

    for text in (drawing.alone(), drawing.inline()):
        root = ET.fromstring(text)  # noqa: S314 -- our own
        title, description = (root.find(f"{SVG}{what}") for what in ("title", "desc"))
        assert root.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
        assert title.text
        assert len(description.text) > len(title.text)
    assert rows
    assert {len(row) for row in rows} == {len(head)}


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_is_the_same_for_the_same_data(name):
    first, second = (pictures.make(name)[0] for _ in range(2))
    assert first.alone() == second.alone()


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_its_numbers_come_from_the_data(name, tmp_path):
    file, old, new, said = CHANGES[name]
    data = tmp_path / "data"
    for part in pictures.PICTURES[name]:
        (data / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(pictures.DATA / part, data / part)
    text = (data / file).read_text()
    assert old in text
    (data / file).write_text(text.replace(old, new))

    before, after = pictures.make(name), pictures.make(name, data)

    assert not any(said in one for one in texts(before[0]))
    assert any(said in one for one in texts(after[0]))
    assert before[1] != after[1], "the table says the same"
    assert before[0].description != after[0].description


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_nothing_is_cut_off_and_no_line_of_text_lies_on_another(name):
    drawing, _ = pictures.make(name)
    lines = {}
    for one in ET.fromstring(drawing.alone()).iter(f"{SVG}text"):  # noqa: S314 -- our own
        # What a character takes on average in DejaVu Sans, which is wider than most.
        kinds = {"mono": 7.3, "small": 5.9, "strong": 7.2, "": 6.4}
        width = len(one.text) * next(kinds[kind] for kind in kinds if kind in one.get("class", ""))
        x, anchor = float(one.get("x")), one.get("text-anchor", "start")
        left = x - {"start": 0, "middle": width / 2, "end": width}[anchor]
        assert left > -6, one.text
        assert left + width < svg.WIDTH + 4, one.text
        lines.setdefault(float(one.get("y")), []).append((left, left + width, one.text))
    for line in lines.values():
        for (_, right, first), (left, _, second) in pairwise(sorted(line)):
            assert right < left + 2, (first, second)


def test_a_page_has_no_empty_line_in_a_picture():
    for name in pictures.PICTURES:
        assert "\n\n" not in pictures.html(name), "Markdown would go on there"


def test_the_columns_are_those_that_free_printed():
    rows = dict(row[:2] for row in pictures.make("free_columns")[1][1:])

    heads, memory = (pictures.DATA / "proc/free_with_tmpfs_6.12.txt").read_text().splitlines()[3:5]

    assert rows == {head: svg.size(int(kb)) for head, kb in zip(heads.split(), memory.split()[1:], strict=True)}


def test_the_kinds_of_memory_are_all_of_it_and_each_once():
    text = (pictures.DATA / "proc/meminfo_with_tmpfs_6.12.txt").read_text()

    kinds = kinds_of_memory.kinds(text)

    assert sum(kinds.values()) == meminfo.parse(text).total_kb
    assert min(kinds.values()) >= 0, "two lines name the same pages"
    assert kinds["Cached"] + kinds["Shmem"] == meminfo.parse(text)["Cached"]
