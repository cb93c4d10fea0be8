"""What reclaim looks through: the classic lists, and the generations of MGLRU; both of the same machine."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checkers.errors import ReadError
from ramlab.guide.pictures.svg import LINE, WIDTH, Drawing, size

_PAGE_KB = 4
_LISTS = ("active_anon", "inactive_anon", "active_file", "inactive_file", "unevictable")
_GENERATION = re.compile(r" +(\d+) +(\d+) +(\d+) +(\d+) *")


@dataclass(frozen=True)
class Generation:
    """One line of lru_gen for the root cgroup: pages last seen in use at about the same time."""

    number: int
    age_ms: int
    anon_kb: int
    file_kb: int


def lists(text: str) -> dict[str, int]:
    """The five lists of the whole machine, kB, from /proc/vmstat."""
    found = {
        name: int(count) * _PAGE_KB for name, count in re.findall(r"^nr_(?:zone_)?(\w+) (\d+)$", text, re.MULTILINE)
    }
    return {name: found[name] for name in _LISTS}


def generations(text: str) -> list[Generation]:
    """Those of the root cgroup, the oldest first; `memcg ID PATH`, ` node N` and lines of four numbers."""
    found, inside = [], False
    for line in text.partition("==> /sys/kernel/debug/lru_gen\n")[2].splitlines():
        match = _GENERATION.fullmatch(line)
        if line.startswith("memcg"):
            inside = line.split()[-1] == "/"
        elif inside and match:
            number, age, anon, file = map(int, match.groups())
            found.append(Generation(number, age, anon * _PAGE_KB, file * _PAGE_KB))
    if not found:
        raise ReadError("lru_gen: no generations of the root cgroup")
    return sorted(found, key=lambda one: one.number)


def draw(classic: str, multi: str) -> tuple[Drawing, list[list[str]]]:
    """Draw a machine that has the classic lists, and the same one with generations."""
    two, many = lists(classic), generations(multi)
    drawing = Drawing(
        "lru_lists",
        "Lists of pages that reclaim looks through",
        "Classic: " + ", ".join(f"{name.replace('_', ' ')} {size(kb)}" for name, kb in two.items())
        + ". Generations, the youngest first: "
        + ", ".join(f"anon {size(one.anon_kb)} and file {size(one.file_kb)}" for one in reversed(many))
        + ". What is not used goes to the inactive list or grows old, and is evicted from there.",
    )  # fmt: skip
    y = _classic(drawing, 14.0, two)
    _generations(drawing, y + 30, many)
    rows = [["what", "anonymous", "of files", "age"]]
    rows += [
        [f"classic, {kind}", size(two[f"{kind}_anon"]), size(two[f"{kind}_file"]), "-"]
        for kind in ("active", "inactive")
    ]
    rows.append(["classic, unevictable (locked)", size(two["unevictable"]), "-", "-"])
    rows += [
        [f"generation {one.number}", size(one.anon_kb), size(one.file_kb), f"{one.age_ms / 1000:.0f} s"]
        for one in reversed(many)
    ]
    return drawing, rows


def _classic(drawing: Drawing, y: float, two: dict[str, int]) -> float:
    drawing.text(0, y, "Classic: two lists for each kind of page", "strong")
    most = max(two.values())
    half = (WIDTH - 14) / 2
    for column, (kind, colour, leaves) in enumerate(
        (("anon", "anon", "to swap"), ("file", "file", "back to its file"))
    ):
        x = 1 + column * (half + 12)
        for row, state in enumerate(("active", "inactive")):
            top = y + 10 + row * 84
            kb = two[f"{state}_{kind}"]
            drawing.box(x, top, half, 48, "none")
            drawing.text(x + 8, top + LINE, f"{state} {kind}", "strong")
            drawing.text(x + half - 8, top + LINE, size(kb), anchor="end")
            drawing.box(x + 8, top + 29, max(1.0, (half - 16) * kb / most), 11, colour)
        drawing.arrow(x + 30, y + 58, x + 30, y + 93)
        drawing.text(x + 38, y + 80, "not used", "small faint")
        drawing.line(f"M {x + half - 30:g} {y + 94:g} V {y + 59:g} m -4 6 l 4 -6 l 4 6")
        drawing.text(x + half - 38, y + 80, "used again", "small faint", "end")
        drawing.arrow(x + 30, y + 142, x + 30, y + 166)
        drawing.text(x + 38, y + 160, f"evicted: {leaves}", "small")
    drawing.box(1, y + 176, WIDTH - 2, 26, "none")
    drawing.text(9, y + 193, "unevictable", "strong")
    drawing.text(WIDTH - 9, y + 193, f"{size(two['unevictable'])}, locked: nobody looks", anchor="end")
    return y + 202


def _generations(drawing: Drawing, y: float, many: list[Generation]) -> None:
    drawing.text(0, y, "MGLRU: generations, by when pages were used", "strong")
    most = max(max(one.anon_kb, one.file_kb) for one in many) or 1
    y += 10
    for number, one in enumerate(reversed(many)):
        drawing.box(1, y, WIDTH - 2, 58, "none")
        name = {0: ", the youngest", len(many) - 1: ", the oldest"}.get(number, "")
        drawing.text(9, y + LINE, f"generation {one.number}{name}", "strong")
        drawing.text(WIDTH - 9, y + LINE, f"born {one.age_ms / 1000:.0f} s ago", "small", "end")
        for line, (kind, kb) in enumerate((("anon", one.anon_kb), ("file", one.file_kb))):
            top = y + 25 + 16 * line
            drawing.box(120, top, max(1.0, (WIDTH - 130) * kb / most), 11, kind)
            drawing.text(9, top + 10, f"{kind} {size(kb)}", "small")
        y += 62
    drawing.arrow(30, y - 4, 30, y + 18)
    drawing.text(38, y + 13, "evicted from the oldest; who is used again becomes youngest", "small")
