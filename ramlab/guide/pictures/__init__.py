"""Pictures of the guide, drawn from what real machines said: `python -m ramlab.guide.pictures FOLDER` makes files."""

from __future__ import annotations

from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ramlab.guide.pictures.svg import Drawing

DATA = Path(__file__).parents[3] / "tests" / "data"
PICTURES = {
    "promises": ("pictures/promised_8g_6.12.txt", "kernels/table_6.12.txt", "kernels/overcommit_6.12.txt"),
    "kinds_of_memory": ("proc/meminfo_with_tmpfs_6.12.txt",),
    "process_layout": ("kernels/maps_6.12.txt",),
    "free_columns": ("proc/meminfo_with_tmpfs_6.12.txt",),
    "rss_pss_uss": ("proc/smaps_rollups_6.12.txt",),
    "lru_lists": ("pictures/lru_classic_6.12.txt", "pictures/lru_generations_6.12.txt"),
    "page_table_walk": ("walk/4-level.json", "walk/5-level.json"),
    "slab_page": ("kernels/slab_6.12.txt",),
    "cgroup_tree": ("pictures/cgroups_6.12.txt",),
    "page_cache": ("pagecache/three_runs_6.12.txt",),
    "oom_candidates": ("kmsg/oom_global_6.12.txt",),
    "numa_nodes": ("numa/nodes_6.12.txt",),
    "zones": ("zones/scanner_6.12.txt", "zones/highmem_6.1.txt"),
    "huge_page": ("pictures/huge_pages_6.12.txt",),
    "dirty_limits": ("pictures/lru_classic_6.12.txt", "pictures/dirty_settings_6.12.txt"),
}
"""By name: the recordings that a picture is drawn from, below `DATA`."""


def make(name: str, data: Path = DATA) -> tuple[Drawing, list[list[str]]]:
    """A picture, and the rows of the table that says the same; the first row is its head."""
    texts = [(data / part).read_text(encoding="utf-8") for part in PICTURES[name]]
    drawing, rows = import_module(f"ramlab.guide.pictures.{name}").draw(*texts)
    return drawing, rows


def html(name: str, data: Path = DATA) -> str:
    """For a page of the site: the picture, and below it, folded, its table."""
    drawing, (head, *rows) = make(name, data)
    cells = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return "\n".join([
        f'<figure id="{name}">', drawing.inline().rstrip(),
        f"<figcaption>{escape(drawing.title)}</figcaption></figure>",
        "<details><summary>The same as a table</summary>",
        '<div class="table-wrapper"><table class="docutils">',
        "<thead><tr>" + "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head) + "</tr></thead>",
        "<tbody>", *(f"<tr>{row}</tr>" for row in cells), "</tbody></table></div></details>",
    ])  # fmt: skip


def sources(names: list[str]) -> list[Path]:
    """What pictures are made from, so that a page is made anew when that changes."""
    here = Path(__file__).parent
    return [
        here / "svg.py",
        *(here / f"{name}.py" for name in names),
        *(DATA / part for name in names for part in PICTURES[name]),
    ]
