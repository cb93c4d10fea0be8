"""What processes were promised, what of it is in RAM, and what the machine has, from what real machines printed."""

from __future__ import annotations

import re

from checkers import overcommit, processes
from checkers.errors import ReadError
from ramlab.guide.pictures.svg import WIDTH, Drawing, size

_NAMED = 2
"""Processes that get bars of their own, the largest; the others get one sum."""


def one_process(text: str) -> dict[str, int]:
    """A machine's RAM as `free -m` says it, and one process's VmSize and VmRSS, all in kB."""
    found = {
        name: re.search(pattern, text, re.MULTILINE)
        for name, pattern in (
            ("MemTotal", r"^Mem: +(\d+)"), ("VmSize", r"^VmSize:\s+(\d+) kB"), ("VmRSS", r"^VmRSS:\s+(\d+) kB"),
        )
    }  # fmt: skip
    kb = {name: int(match[1]) for name, match in found.items() if match}
    if len(kb) < len(found):
        raise ReadError(f"expected free -m, VmSize and VmRSS, seen only {', '.join(kb) or 'none'}")
    return kb | {"MemTotal": kb["MemTotal"] * 1024}


def draw(one: str, table: str, settings: str) -> tuple[Drawing, list[list[str]]]:
    """Draw one process that asked for much, and below it all processes and the books of another machine."""
    big, books = one_process(one), overcommit.parse(settings)
    having = sorted(
        (process for process in processes.parse(table) if process.vm_size_kb),
        key=lambda process: (-process.vm_size_kb, process.pid),
    )
    named = [(f"{process.name} ({process.pid})", process.vm_size_kb, process.rss_kb) for process in having[:_NAMED]]
    rest = having[_NAMED:]
    named.append((
        f"{len(rest)} others", sum(process.vm_size_kb for process in rest), sum(process.rss_kb for process in rest),
    ))  # fmt: skip
    sums = [
        ("all VmSize together", sum(size_kb for _, size_kb, _ in named), "data"),
        ("Committed_AS: what counts as promised", books.committed_kb, "code"),
        ("all VmRSS together", sum(rss_kb for _, _, rss_kb in named), "anon"),
        ("MemTotal", books.total_kb, "none"),
        ("CommitLimit, which only mode 2 heeds", books.limit_kb, "none"),
    ]
    drawing = Drawing(
        "promises",
        "What is promised, and what is in RAM",
        f"One process on a machine of {size(big['MemTotal'])}: VmSize {size(big['VmSize'])}, "
        f"VmRSS {size(big['VmRSS'])}. "
        "Another machine: " + ", ".join(f"{what} {size(kb)}" for what, kb, _ in sums) + ". Its processes: "
        + "; ".join(f"{name} VmSize {size(vm)}, VmRSS {size(rss)}" for name, vm, rss in named) + ".",
    )  # fmt: skip
    drawing.text(0, 14, f"One process on a machine of {size(big['MemTotal'])}, to scale", "strong")
    scale, y = max(big.values()), 26.0
    for words, name, kind in (
        ("VmSize: promised", "VmSize", "data"),
        ("MemTotal: the machine", "MemTotal", "none"),
        ("VmRSS: in RAM", "VmRSS", "anon"),
    ):
        y = _row(drawing, y, words, big[name], scale, kind)
    drawing.line(f"M 0 {y + 6:g} H {WIDTH}", "dashed")
    _machine(drawing, y + 30, named, sums)
    rows = [["what", "promised or had", "in RAM"]]
    rows.append(["the one process", size(big["VmSize"]), size(big["VmRSS"])])
    rows.append(["its machine, MemTotal", size(big["MemTotal"]), "-"])
    rows += [[f"the other machine, {name}", size(vm), size(rss)] for name, vm, rss in named]
    rows += [[f"the other machine, {what}", size(kb), "-"] for what, kb, _ in sums]
    return drawing, rows


def _row(drawing: Drawing, y: float, words: str, kb: int, scale: int, kind: str) -> float:
    """A line of words, and its bar below it."""
    drawing.text(0, y + 13, words)
    drawing.text(WIDTH - 2, y + 13, size(kb), anchor="end")
    drawing.bar(1, y + 19, WIDTH - 2, 11, [(0, kb / scale, kind)])
    return y + 38


def _machine(drawing: Drawing, y: float, named: list[tuple[str, int, int]], sums: list[tuple[str, int, str]]) -> None:
    """Its processes, each with two bars, and its sums: all on one scale."""
    scale = max(kb for _, kb, _ in sums)
    drawing.text(0, y, "Processes of another machine, all to one scale", "strong")
    y += 8
    for name, vm, rss in named:
        drawing.text(0, y + 15, name)
        drawing.text(WIDTH - 2, y + 15, f"VmSize {size(vm)}, VmRSS {size(rss)}", anchor="end")
        drawing.bar(1, y + 21, WIDTH - 2, 8, [(0, vm / scale, "data")])
        drawing.bar(1, y + 29, WIDTH - 2, 8, [(0, rss / scale, "anon")])
        y += 44
    y += 6
    for words, kb, kind in sums:
        y = _row(drawing, y, words, kb, scale, kind)
