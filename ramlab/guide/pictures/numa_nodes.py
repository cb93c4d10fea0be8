"""The nodes of a machine: CPUs, memory, and how far each is for who runs there."""

from __future__ import annotations

from itertools import groupby

from checkers import numa
from ramlab.guide.pictures.svg import LINE, WIDTH, Drawing, size

_NEAR = 10
"""The distance of a node to itself."""


def draw(text: str) -> tuple[Drawing, list[list[str]]]:
    """Draw the nodes that checkers.numa reads in `text`."""
    nodes = numa.parse(text)
    drawing = Drawing(
        "numa_nodes",
        "NUMA nodes: who runs there, what is free, what is near",
        " ".join(
            f"Node {one.number}: {_cpus(one)}, {size(one.free_kb)} of {size(one.total_kb)} free; {_order(one)}."
            for one in nodes.values()
        ),
    )
    most = max(one.total_kb for one in nodes.values())
    far = max(max(one.distances.values()) for one in nodes.values() if one.cpus)
    drawing.text(0, 14, "Memory, and how far the nodes are, both to scale", "strong")
    y = 24.0
    for one in nodes.values():
        height = 132.0 if one.cpus else 82.0
        drawing.box(1, y, WIDTH - 2, height, "none")
        drawing.text(9, y + LINE, f"node {one.number}", "strong")
        drawing.text(WIDTH - 9, y + LINE, _cpus(one), "strong" if one.cpus else "", "end")
        _memory(drawing, y + 24, one, (WIDTH - 18) / most)
        if one.cpus:
            _distances(drawing, y + 66, one, far)
        drawing.text(9, y + height - 8, _order(one), "small")
        y += height + 8
    rows = [["node", "CPUs", "memory", "used", "free", *(f"distance to {number}" for number in nodes)]]
    rows += [
        [str(one.number), ", ".join(map(str, sorted(one.cpus))) or "none", size(one.total_kb),
         size(one.total_kb - one.free_kb), size(one.free_kb), *(str(one.distances[number]) for number in nodes)]
        for one in nodes.values()
    ]  # fmt: skip
    return drawing, rows


def _cpus(one: numa.Node) -> str:
    if not one.cpus:
        return "no CPU"
    return f"CPU{'s' * (len(one.cpus) > 1)} {', '.join(map(str, sorted(one.cpus)))}"


def _order(one: numa.Node) -> str:
    if not one.cpus:
        return "nobody runs here: memory for the others"
    first, *others = map(str, one.nearest())
    return f"who runs here gets memory from {first}, then {', '.join(others)}"


def _memory(drawing: Drawing, y: float, one: numa.Node, scale: float) -> None:
    used = one.total_kb - one.free_kb
    drawing.box(9, y, used * scale, 16, "data")
    drawing.box(9 + used * scale, y, one.free_kb * scale, 16, "anon")
    drawing.text(9, y + 31, f"{size(used)} used")
    drawing.text(9 + one.total_kb * scale, y + 31, f"{size(one.free_kb)} of {size(one.total_kb)} free", anchor="end")


def _distances(drawing: Drawing, y: float, one: numa.Node, far: int) -> None:
    """A line from near to far, to scale; nodes that are equally far share a box."""
    left, right = 22.0, WIDTH - 30.0
    drawing.line(f"M {left:g} {y + 12:g} H {right:g}")
    for distance, group in groupby(one.nearest(), key=one.distances.__getitem__):
        names = ", ".join(map(str, group))
        middle = left + (distance - _NEAR) / max(1, far - _NEAR) * (right - left)
        width = 14.0 + 7 * len(names)
        drawing.box(middle - width / 2, y + 2, width, 20, "code")
        drawing.text(middle, y + 16, names, "strong", "middle")
        drawing.text(middle, y + 35, f"{distance}", "small", "middle")
