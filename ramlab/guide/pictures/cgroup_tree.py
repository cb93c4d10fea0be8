"""A tree of cgroups: what each has, what bounds it, what protects it."""

from __future__ import annotations

import math
from pathlib import PurePosixPath

from checkers import cgroups
from ramlab.guide.pictures.svg import LINE, WIDTH, Drawing, size

_INDENT = 22.0


def draw(text: str) -> tuple[Drawing, list[list[str]]]:
    """Draw the tree that checkers.cgroups reads in `text`."""
    tree = cgroups.parse(text)
    drawing = Drawing(
        "cgroup_tree",
        "A tree of cgroups and their memory",
        " ".join(f"{path}: {', '.join(_facts(one, tree))}." for path, one in tree.items()),
    )
    y = 4.0
    ends: dict[str, float] = {}
    for path, one in tree.items():
        depth = 0 if path == "/" else path.count("/")
        x = 1 + depth * _INDENT
        lines = _facts(one, tree)
        height = 26.0 + 16 * len(lines) + (14 if _bound(one) else 0)
        above = str(PurePosixPath(path).parent)
        if path != "/":
            drawing.line(f"M {x - 12:g} {ends[above]:g} V {y + 16:g} H {x:g}")
            ends[above] = y + 16
        _group(drawing, x, y, height, one, lines)
        ends[path] = y + height
        y += height + 10
    rows = [["cgroup", "processes", "has", "most it had", "max", "high", "low", "min", "oom_kill"]]
    rows += [
        [path, str(len(one.procs)), _bytes(one.current_bytes), _bytes(one.peak_bytes), _bytes(one.max_bytes),
         _bytes(one.high_bytes), _bytes(one.low_bytes), _bytes(one.min_bytes), str(one.events.oom_kill)]
        for path, one in tree.items()
    ]  # fmt: skip
    return drawing, rows


def _group(drawing: Drawing, x: float, y: float, height: float, one: cgroups.Cgroup, lines: list[str]) -> None:
    drawing.box(x, y, WIDTH - x - 1, height, "bad" if one.events.oom_kill else "none")
    drawing.text(x + 8, y + LINE, PurePosixPath(one.path).name or "/ (the root)", "strong")
    if one.procs:
        drawing.text(WIDTH - 9, y + LINE, f"{len(one.procs)} process{'es' * (len(one.procs) > 1)}", "small", "end")
    for number, words in enumerate(lines):
        drawing.text(x + 8, y + LINE + 16 * (number + 1), words, "small")
    bound = _bound(one)
    if bound:
        width, at = WIDTH - x - 18, y + height - 16
        drawing.box(x + 8, at, width, 9, "none")
        drawing.box(x + 8, at, max(2.0, width * min(1.0, (one.current_bytes or 0) / bound)), 9, "anon")


def _bound(one: cgroups.Cgroup) -> float:
    """What its bar ends at: its own limit, or 0."""
    own = min(one.max_bytes, one.high_bytes)
    return 0 if math.isinf(own) else own


def _bytes(amount: float | None) -> str:
    if amount is None:
        return "-"
    return "no limit" if math.isinf(amount) else size(amount / 1024)


def _facts(one: cgroups.Cgroup, tree: dict[str, cgroups.Cgroup]) -> list[str]:
    """What there is to say of a cgroup, a line each."""
    if one.path == "/":
        return ["all the machine; no limit of its own"]
    words = [
        f"has {_bytes(one.current_bytes)}" + (f", at most {_bytes(one.peak_bytes)} so far" if one.peak_bytes else "")
    ]
    bounds = [("max", one.max_bytes), ("high", one.high_bytes)]
    words += [f"memory.{name} {_bytes(amount)}" for name, amount in bounds if not math.isinf(amount)]
    above = cgroups.limit_bytes(tree, one.path)
    if math.isinf(one.max_bytes) and not math.isinf(above):
        words.append(f"max of the cgroup above holds: {_bytes(above)}")
    words += [f"memory.{name} {_bytes(amount)}: protected" for name, amount in _protection(one) if amount]
    if one.oom_group:
        words.append("memory.oom.group: killed all together")
    if one.events.oom_kill:
        words.append(f"memory.events: oom_kill {one.events.oom_kill}, here and below")
    return words


def _protection(one: cgroups.Cgroup) -> list[tuple[str, float]]:
    return [("min", one.min_bytes), ("low", one.low_bytes)]
