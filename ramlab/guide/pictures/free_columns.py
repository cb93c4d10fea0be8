"""How free(1) makes its columns, from one reading of /proc/meminfo."""

from __future__ import annotations

from checkers import meminfo
from ramlab.guide.pictures.svg import WIDTH, Drawing, size

_LEFT = 104.0
"""Where the bars begin, right of the columns' names."""


def draw(text: str) -> tuple[Drawing, list[list[str]]]:
    """Draw each column as a bar, all on the scale of the first; what is above each other is the same memory."""
    now = meminfo.parse(text)
    free, cached, total = now.free_kb, now.free_kb + now.buff_cache_kb, now.total_kb
    parts = [
        ("holds nothing", 0, free, "code"),
        ("cache of disks, slab", free, cached - now.shared_kb, "file"),
        ("tmpfs, shared memory", cached - now.shared_kb, cached, "anon"),
        ("programs, kernel", cached, total, "data"),
    ]
    columns = [
        ("total", 0, total, "MemTotal"),
        ("free", 0, free, "MemFree"),
        ("buff/cache", free, cached, "Buffers + Cached + SReclaimable"),
        ("shared", cached - now.shared_kb, cached, "Shmem: in buff/cache, too"),
        ("available", 0, now.available_kb, "MemAvailable, an estimate"),
        ("used", total - now.used_kb, total, "total - available: nobody measures it"),
    ]
    drawing = Drawing(
        "free_columns",
        "What the columns of free(1) are made of",
        " ".join(f"{name} {size(end - start)}: {made}." for name, start, end, made in columns)
        + " Free, buff/cache and used together are more than total, for shared is in both of the last two.",
    )  # fmt: skip
    y = 4.0
    for number, (words, start, end, kind) in enumerate(parts):
        x, row = (1, 218)[number % 2], y + 18 * (number // 2)
        drawing.box(x, row, 12, 12, kind)
        drawing.text(x + 18, row + 10, f"{words} {size(end - start)}", "small")
    y += 48
    for name, start, end, made in columns:
        drawing.text(0, y + 12, name, "strong")
        drawing.text(0, y + 28, size(end - start))
        # Of each part only what lies within the column.
        drawing.bar(_LEFT, y, WIDTH - _LEFT - 1, 18, [
            (max(start, low) / total, min(end, high) / total, kind) for _, low, high, kind in parts
        ])  # fmt: skip
        drawing.text(_LEFT, y + 32, made, "small faint")
        y += 46
    rows = [["column", "size", "made of", "from", "to"]]
    rows += [[name, size(end - start), made, size(start), size(end)] for name, start, end, made in columns]
    return drawing, rows
