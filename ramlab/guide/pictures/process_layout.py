"""What a process's addresses stand for, from its /proc/PID/maps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from checkers import maps
from ramlab.guide.pictures.svg import LINE, WIDTH, Drawing, size

_LEFT = 98.0
"""Where the boxes begin, right of the addresses."""
_SMALL_KB = 100
"""Anonymous memory between libraries that is no larger belongs to them: their BSS, the loader's own."""
_GAP_KB = 64 * 1024
_ROW = 50
"""Characters that fit into a box."""
_NAMES = {
    "[heap]": "heap",
    "[stack]": "stack",
    "[vvar]": "vvar, vdso: the kernel's",
    "[vdso]": "vvar, vdso: the kernel's",
}


@dataclass
class Region:
    """Neighbours that are of one kind."""

    name: str
    kind: str
    start: int
    end: int
    kb: int = 0
    permissions: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def add(self, one: maps.Mapping) -> None:
        """Take in one more mapping, which is above."""
        self.end = one.end
        self.kb += one.size_kb
        if one.permissions not in self.permissions:
            self.permissions.append(one.permissions)
        name = PurePosixPath(one.path).name
        if one.path.startswith("/") and name not in self.files:
            self.files.append(name)


def regions(space: maps.AddressSpace) -> list[Region]:
    """The mappings, upwards, what belongs together in one."""
    program = next(one.path for one in space.mappings if one.executable)
    libraries = {one.path for one in space.mappings if one.executable and one.path.startswith("/")} - {program}
    found: list[Region] = []
    for one in space.mappings:
        name, kind = _called(one, program, libraries, found)
        last = found[-1] if found else None
        if not last or last.name != name or one.start - last.end > _GAP_KB * 1024:
            last = Region(name, kind, one.start, one.end)
            found.append(last)
        last.add(one)
    return found


def _called(one: maps.Mapping, program: str, libraries: set[str], before: list[Region]) -> tuple[str, str]:
    """What a mapping is, and what it is filled with."""
    if one.path == program:
        data = ("data", "data") if one.writable else ("read-only data", "code")
        return ("text", "code") if one.executable else data
    if one.path in _NAMES:
        return _NAMES[one.path], "code" if one.path.startswith("[v") else "anon"
    if one.path.startswith("/") and not one.deleted:
        return "libraries" if one.path in libraries else "mapped file", "file"
    if one.path:
        return "shared memory" if one.shared else "huge pages of the pool", "anon"
    return _nameless(one, before)


def _nameless(one: maps.Mapping, before: list[Region]) -> tuple[str, str]:
    last = before[-1] if before else None
    if last and last.name == "data" and one.start == last.end:
        return "BSS", "data"
    if last and last.name == "libraries" and one.size_kb <= _SMALL_KB:
        return "libraries", "file"
    return "anonymous", "anon"


def draw(text: str) -> tuple[Drawing, list[list[str]]]:
    """Draw the process whose lines are in `text`, and the table that says the same."""
    space = next(one for one in maps.parse(text).values() if one.mappings)
    found = regions(space)
    drawing = Drawing(
        "process_layout",
        f"The addresses of one process, {space.name}",
        "From low addresses, at the bottom, to high ones: "
        + ", ".join(f"{one.name} {size(one.kb)}" for one in found)
        + ". A box grows with the logarithm of its size.",
    )
    drawing.text(0, 12, "high addresses", "small faint")
    # The highest of what mmap(2) and the loader have placed: just below the stack.
    area = next((one for one in reversed(found) if one.name != "stack"), None)
    y, above = 20.0, None
    for one in reversed(found):
        if above is not None and above - one.end > _GAP_KB * 1024:
            drawing.line(f"M {_LEFT} {y} V {y + 26} M {WIDTH - 1} {y} V {y + 26}", "dashed")
            words = f"nothing: {size((above - one.end) // 1024)} of addresses"
            drawing.text((_LEFT + WIDTH) / 2, y + 17, words, "small faint", "middle")
            y += 26
        lines = _folded(", ".join(one.files)) if one.name in ("libraries", "mapped file") else []
        height = max(24 + 2.2 * max(0.0, math.log2(one.kb / 4)), 26 + 15 * len(lines))
        drawing.box(_LEFT, y, WIDTH - _LEFT - 1, height, one.kind)
        drawing.text(_LEFT + 8, y + LINE, one.name, "strong")
        drawing.text(WIDTH - 8, y + LINE, size(one.kb), anchor="end")
        if len(one.permissions) == 1:
            drawing.text(WIDTH - 74, y + LINE, one.permissions[0], "mono", "end")
        for number, words in enumerate(lines):
            drawing.text(_LEFT + 8, y + LINE + 15 * (number + 1), words, "small")
        if one is area:
            drawing.text(_LEFT - 6, y + LINE, "mmap area", "strong small", "end")
        y += height
        drawing.text(_LEFT - 6, y - 3, f"{one.start:x}", "mono faint", "end")
        above = one.start
    drawing.text(0, y + LINE, "low addresses", "small faint")
    rows = [["from", "to", "what", "size", "may", "files"]]
    rows += [
        [f"{one.start:x}", f"{one.end:x}", one.name, size(one.kb), " ".join(one.permissions), ", ".join(one.files)]
        for one in reversed(found)
    ]
    return drawing, rows


def _folded(words: str) -> list[str]:
    lines = [""]
    for word in words.split(" "):
        if len(lines[-1]) + len(word) > _ROW:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
