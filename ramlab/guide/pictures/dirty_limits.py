"""Where the kernel begins to write back, and where it holds writers, in one machine's memory to scale."""

from __future__ import annotations

import re

from checkers import meminfo, vmstat
from checkers.errors import ReadError
from ramlab.guide.pictures.svg import WIDTH, Drawing, size

_PAGE_KB = 4
_BAR = 34.0


def draw(amounts: str, settings: str) -> tuple[Drawing, list[list[str]]]:
    """Draw a machine by its meminfo and vmstat; `settings` are lines as sysctl prints them."""
    memory = meminfo.parse(_part(amounts, "/proc/meminfo"))
    levels = vmstat.parse(_part(amounts, "/proc/vmstat"))
    ratio = {name: int(value) for name, value in re.findall(r"^vm\.dirty_(\w+) = (\d+)$", settings, re.MULTILINE)}
    total, free = memory["MemTotal"], memory["MemFree"]
    files = memory["Active(file)"] + memory["Inactive(file)"]
    background, most = (levels[f"nr_dirty_{name}threshold"] * _PAGE_KB for name in ("background_", ""))
    naive = total * ratio["ratio"] // 100
    drawing = Drawing(
        "dirty_limits",
        "What dirty_ratio is a share of",
        f"Of {size(total)} {size(files)} are pages of files and {size(free)} are free. "
        f"{ratio['background_ratio']} % of these two, less a reserve, are {size(background)}, "
        f"where the kernel begins to write back; "
        f"{ratio['ratio']} % are {size(most)}, where it holds writers. "
        f"{ratio['ratio']} % of all memory would be {size(naive)}.",
    )
    scale = (WIDTH - 2) / total
    drawing.text(0, 14, f"{size(total)} of memory, to scale", "strong")
    x = 1.0
    for kind, kb, words in (
        ("file", files, "files"), ("anon", free, "free"), ("none", total - files - free, "the rest")
    ):  # fmt: skip
        drawing.box(x, 22, kb * scale, _BAR, kind)
        drawing.text(x + 6, 36, words, "small")
        drawing.text(x + 6, 51, size(kb), "small")
        x += kb * scale
    end = 1 + (files + free) * scale
    drawing.line(f"M 1 62 v 6 H {end:g} v -6")
    drawing.text(end / 2, 84, f"available to the cache: {size(files + free)}, less a reserve", "small", "middle")
    y = 120.0
    drawing.text(0, y, "Dirty pages at most, on the same scale", "strong")
    for number, (kind, kb, words) in enumerate((
        ("data", background, f"dirty_background_ratio {ratio['background_ratio']}: {size(background)}"),
        ("bad", most, f"dirty_ratio {ratio['ratio']}: {size(most)}"),
        ("none", naive, f"not {ratio['ratio']} % of all memory: {size(naive)}"),
    )):  # fmt: skip
        top = y + 10 + 22 * number
        drawing.box(1, top, kb * scale, 16, kind)
        drawing.text(1 + naive * scale + 8, top + 12, words, "small")
    _ladder(drawing, y + 104, background, most, ratio["expire_centisecs"])
    rows = [["what", "setting", "pages", "size"]]
    rows += [
        ["memory", "-", str(total // _PAGE_KB), size(total)],
        ["files and free", "-", str((files + free) // _PAGE_KB), size(files + free)],
        ["write-back begins", f"{ratio['background_ratio']} %", str(background // _PAGE_KB), size(background)],
        ["writers are held", f"{ratio['ratio']} %", str(most // _PAGE_KB), size(most)],
        ["the same share of all memory", f"{ratio['ratio']} %", str(naive // _PAGE_KB), size(naive)],
    ]
    return drawing, rows


def _part(text: str, path: str) -> str:
    """One file of a recording that says `==> PATH` above each."""
    found = re.search(rf"^==> {re.escape(path)}\n(.*?)(?=^==> |\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise ReadError(f"dirty_limits: no {path}")
    return found[1]


def _ladder(drawing: Drawing, y: float, background: int, most: int, expire: int) -> None:
    """What happens between the two; equal steps."""
    drawing.ladder(y, "What happens with so much dirty; not to scale", [
        ("bad", f"{size(most)}", "who writes waits for the disk"),
        ("data", f"{size(background)}", "flushers write; from halfway on writers are slowed"),
        ("anon", "0", f"written back when it is {expire / 100:.0f} s old"),
    ])  # fmt: skip
