"""Three ways to count shared memory, from the smaps_rollup of some processes of one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkers import processes
from ramlab.guide.pictures.svg import LINE, WIDTH, Drawing, size

if TYPE_CHECKING:
    from checkers.processes import SmapsRollup


def draw(text: str) -> tuple[Drawing, list[list[str]]]:
    """Draw RSS and PSS of each process, and their sums over those that share a segment."""
    found = processes.parse_smaps_rollups(text)
    family = [pid for pid, one in found.items() if one["Pss_Shmem"]]
    together = [found[pid] for pid in family]
    rss, pss, uss = (sum(kb) for kb in zip(*map(_three, together), strict=True))
    drawing = Drawing(
        "rss_pss_uss",
        f"RSS, PSS and USS on another machine: {len(found) - len(family)} processes alone, {len(family)} that share",
        " ".join(
            f"Process {pid}{', of the family' * (pid in family)}: RSS {size(one['Rss'])}, PSS {size(one.pss_kb)}, "
            f"USS {size(one.uss_kb)}."
            for pid, one in found.items()
        )
        + f" The family of {len(family)} together: RSS {size(rss)}, PSS {size(pss)}, USS {size(uss)}.",
    )  # fmt: skip
    y = 4.0
    for x, kind, words in ((1, "anon", "its own alone (USS)"), (150, "file", "shared; in PSS, its share of it")):
        drawing.box(x, y, 12, 12, kind)
        drawing.text(x + 18, y + 10, words, "small")
    y += 36
    scale = max(one["Rss"] for one in found.values())
    for title, pids in (("Alone", [pid for pid in found if pid not in family]), ("A family", family)):
        drawing.text(0, y, f"{title}: RSS above, PSS below", "strong")
        y += 8
        for pid in pids:
            y = _process(drawing, y, pid, found[pid], scale)
        y += 22
    drawing.text(0, y, f"The family's {len(family)} together, to a scale of its own", "strong")
    y += 8
    for words, kb in (
        ("RSS: what is shared counts each time", rss),
        ("PSS: each page once, so this is what is used", pss),
        ("USS: what is not shared at all", uss),
    ):
        drawing.text(0, y + LINE - 3, words)
        drawing.text(WIDTH - 2, y + LINE - 3, size(kb), anchor="end")
        drawing.bar(1, y + 20, WIDTH - 2, 12, [(0, uss / rss, "anon"), (uss / rss, kb / rss, "file")])
        y += 40
    rows = [["process", "shares a segment", "RSS", "PSS", "USS"]]
    rows += [[str(pid), "yes" if pid in family else "no", *map(size, _three(one))] for pid, one in found.items()]
    rows.append(["the family together", "yes", size(rss), size(pss), size(uss)])
    return drawing, rows


def _three(one: SmapsRollup) -> tuple[int, int, int]:
    return one["Rss"], one.pss_kb, one.uss_kb


def _process(drawing: Drawing, y: float, pid: int, one: SmapsRollup, scale: int) -> float:
    rss, pss, uss = _three(one)
    drawing.text(0, y + LINE - 3, f"process {pid}")
    drawing.text(WIDTH - 2, y + LINE - 3, f"RSS {size(rss)}, PSS {size(pss)}, USS {size(uss)}", anchor="end")
    for number, kb in enumerate((rss, pss)):
        drawing.bar(1, y + 20 + 9 * number, WIDTH - 2, 9, [(0, uss / scale, "anon"), (uss / scale, kb / scale, "file")])
    return y + 44
