"""What a machine's RAM is used for, from its /proc/meminfo."""

from __future__ import annotations

from checkers import meminfo
from ramlab.guide.pictures.svg import WIDTH, Drawing, size

_HEIGHT, _BAR, _WORDS = 400.0, 96.0, 130.0
"""How tall all RAM is; how wide; where the words begin."""
_APART = 35.0
"""From one kind's words to the next one's, at least."""
_FIELDS = {
    "MemFree": ("free", "none", "holds nothing"),
    "Cached": ("cache of files", "file", "dropped, once it is in its file"),
    "Buffers": ("buffers", "file", "the same, of a disk's own blocks"),
    "SReclaimable": ("slab, reclaimable", "file", "dropped when nobody uses it"),
    "AnonPages": ("anonymous", "anon", "to swap, if there is any"),
    "Shmem": ("tmpfs, shared memory", "anon", "the same, though it is in Cached"),
    "Hugetlb": ("huge pages set aside", "bad", "stay until the pool is made smaller"),
    "SUnreclaim": ("slab, unreclaimable", "data", "stays"),
    "KernelStack": ("kernel stacks", "data", "until the thread ends"),
    "PageTables": ("page tables", "data", "until addresses are given back"),
}
"""By line of meminfo: what it is, its colour, and where its pages can go."""


def kinds(text: str) -> dict[str, int]:
    """Sizes in kB by line of meminfo, each page once: Cached without tmpfs; "" is what none of the lines names."""
    now = meminfo.parse(text)
    found = {name: now[name] for name in _FIELDS}
    found["Cached"] -= now.shared_kb
    return found | {"": now.total_kb - sum(found.values())}


def draw(text: str) -> tuple[Drawing, list[list[str]]]:
    """Draw one machine's RAM as a column, and beside it what each part is."""
    found = kinds(text)
    total = sum(found.values())
    there = [
        (*_FIELDS.get(name, ("the rest", "code", "in no line above: drivers, vmalloc, CPUs' lists")), name, kb)
        for name, kb in found.items()
        if kb
    ]
    drawing = Drawing(
        "kinds_of_memory",
        f"What {size(total)} of RAM are used for",
        "To scale, from above: "
        + ", ".join(f"{what} {size(kb)} ({where})" for what, _, where, _, kb in there)
        + f". Together MemTotal, {size(total)}.",
    )
    drawing.text(0, 13, f"MemTotal, {size(total)}, to scale", "strong")
    top = 22.0
    middles, y = [], top
    for *_, kind, _, _, kb in there:
        height = _HEIGHT * kb / total
        drawing.box(1, y, _BAR, height, kind)
        middles.append(y + height / 2)
        y += height
    for (what, _, where, _, kb), middle, at in zip(there, middles, _spread(middles, top), strict=True):
        drawing.line(f"M {_BAR + 1:g} {middle:g} L {_WORDS - 5:g} {at:g}")
        drawing.text(_WORDS, at + 4, what, "strong")
        drawing.text(WIDTH - 2, at + 4, size(kb), anchor="end")
        drawing.text(_WORDS, at + 19, where, "small faint")
    rows = [["what", "line of /proc/meminfo", "size", "where its pages can go"]]
    rows += [[what, name or "-", size(kb), where] for what, _, where, name, kb in there]
    return drawing, rows


def _spread(wanted: list[float], top: float) -> list[float]:
    """Places as near to those wanted as can be, in the same order, and with room for the words of each."""
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + _APART if places else top + 6))
    low = top + _HEIGHT - 22
    for number in range(len(places) - 1, -1, -1):
        places[number] = min(places[number], low)
        low = places[number] - _APART
    return places
