"""How a slab is cut into objects, from /proc/slabinfo and /sys/kernel/slab of one machine."""

from __future__ import annotations

from checkers import slab
from ramlab.guide.pictures.svg import LINE, WIDTH, Drawing, size

_CACHES = ("dentry", "ext4_inode_cache", "task_struct")
_WIDE = WIDTH - 2.0


def draw(text: str) -> tuple[Drawing, list[list[str]]]:
    """Draw one slab of each cache, to its own scale, and how many of all its objects are in use."""
    caches = slab.parse(text)
    chosen = [slab.holding(caches, name) for name in _CACHES]
    drawing = Drawing(
        "slab_page",
        "Slabs of three caches, cut into objects",
        " ".join(
            f"{one.name}: a slab of {_pages(one)} holds {one.per_slab} objects of {one.size} bytes, and "
            f"{_left(one)} bytes are left over; at most {one.active} of {one.objects} objects in {one.slabs} slabs "
            "are in use."
            for one in chosen
        ),
    )
    drawing.text(0, 12, "A slab of each, to its own scale; the marks below it are its pages", "small faint")
    y = 38.0
    for one in chosen:
        y = _slab(drawing, y, one) + 30
    rows = [["cache", "slab", "objects in it", "bytes each", "asked for", "left over", "slabs", "objects", "in use"]]
    rows += [
        [one.name, _pages(one), str(one.per_slab), str(one.size), str(one.object_size), f"{_left(one)} bytes",
         str(one.slabs), str(one.objects), str(one.active)]
        for one in chosen
    ]  # fmt: skip
    return drawing, rows


def _pages(one: slab.Cache) -> str:
    return f"{one.pages_per_slab} page{'s' * (one.pages_per_slab > 1)}, {size(one.slab_bytes / 1024)}"


def _left(one: slab.Cache) -> int:
    """What is behind the last object."""
    return one.slab_bytes - one.per_slab * one.size


def _slab(drawing: Drawing, y: float, one: slab.Cache) -> float:
    drawing.text(0, y, one.name, "strong")
    drawing.text(WIDTH - 2, y, f"a slab: {_pages(one)}", anchor="end")
    y += 8
    unit = _WIDE / one.slab_bytes
    for number in range(one.per_slab):
        # What the allocator adds to the object that was asked for is a strip at its end.
        drawing.box(1 + number * one.size * unit, y, one.size * unit, 36, "none")
        drawing.box(1 + number * one.size * unit, y, one.object_size * unit, 36, "data")
    drawing.bar(1, y, _WIDE, 36, [(1 - _left(one) / one.slab_bytes, 1, "bad")])
    for page in range(one.pages_per_slab + 1):
        drawing.line(f"M {1 + page * _WIDE / one.pages_per_slab:g} {y + 38:g} v 5")
    y += 54
    taken = f"{one.per_slab} objects of {one.size} bytes"
    more = one.size - one.object_size
    drawing.text(0, y + 4, taken + (f" ({one.object_size} asked for)" if more else ""))
    drawing.text(WIDTH - 2, y + 4, f"{_left(one)} bytes left over", anchor="end")
    drawing.bar(1, y + LINE - 4, _WIDE, 9, [(0, one.active / one.objects, "anon")])
    in_use = f"in {one.slabs} slabs: at most {one.active} of {one.objects} objects in use"
    drawing.text(0, y + LINE + 20, in_use, "small")
    drawing.text(WIDTH - 2, y + LINE + 20, size(one.bytes / 1024), "small", "end")
    return y + LINE + 20
