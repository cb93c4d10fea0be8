"""Whom the OOM killer weighed, and what made the difference, from the kernel log."""

from __future__ import annotations

from checkers import _oom_words, kmsg, oom
from checkers.errors import ReadError
from ramlab.guide.pictures.svg import LINE, WIDTH, Drawing, size

_PARTS = (("anon", "rss"), ("data", "swap"), ("code", "page tables"), ("bad", "oom_score_adj"))

_SEEN = 3.0
"""How wide the least part of a bar is, so that its colour can be seen."""


def draw(text: str) -> tuple[Drawing, list[list[str]]]:
    """Draw the first OOM whose records are in `text`: all candidates, he who goes first on top."""
    kill = _oom_words.parse(kmsg.parse(text))[1][0]
    report = kill.report
    if not report or not report.candidates() or report.candidates()[0].pid != kill.pid:
        raise ReadError("oom_candidates: this kill was not by points")
    total = report.total_pages
    order = report.candidates()
    order += [task for task in report.tasks if task not in order]
    drawing = Drawing(
        "oom_candidates",
        "Whom the OOM killer weighed, and whom it killed",
        f"{report.invoked_by} asked for memory. " + " ".join(f"{_said(task, total)}." for task in order)
        + f" Killed: {kill.name}, pid {kill.pid}.",
    )  # fmt: skip
    drawing.text(0, 14, "Points, in pages of 4 kB", "strong")
    drawing.text(0, 32, "rss + swap + page tables + oom_score_adj x all / 1000", "mono")
    y = 42.0
    scale = (WIDTH - 30) / max(sum(max(0, part) for part in _parts(task, total)) for task in order)
    for task in order:
        y = _candidate(drawing, y, task, total, scale, killed=task.pid == kill.pid)
    _legend(drawing, y + 10)
    y += 34
    where = f"the limits of {report.oom_memcg}" if report.oom_memcg else "RAM and swap"
    lines = [
        f"all: {total} pages, {size(total * oom.PAGE_KB)}, {where}",
        f"so each 1 of oom_score_adj is {total // 1000} pages",
        *(f"with oom_score_adj {more} or more {task.name} would be killed instead" for task, more in _instead(report)),
    ]
    for number, words in enumerate(lines):
        drawing.text(0, y + LINE * number, words, "small")
    rows = [["process", "pid", "rss", "swap", "page tables", "oom_score_adj", "points", "killed"]]
    rows += [
        [task.name, str(task.pid), *map(str, _parts(task, total)[:3]), str(task.oom_score_adj),
         _points(task, total), "yes" if task.pid == kill.pid else "no"]
        for task in order
    ]  # fmt: skip
    return drawing, rows


def _parts(task: oom.TaskState, total: int) -> list[int]:
    """What is added up, in pages, in the order of `_PARTS`."""
    never = task.oom_score_adj == oom.NEVER
    adjusted = 0 if never else task.oom_score_adj * (total // 1000)
    return [task.rss_pages, task.swapents_pages, task.pgtables_bytes // (oom.PAGE_KB * 1024), adjusted]


def _points(task: oom.TaskState, total: int) -> str:
    points = task.badness(total)
    return "not weighed" if points is None else str(points)


def _said(task: oom.TaskState, total: int) -> str:
    rss, swap, tables, adjusted = _parts(task, total)
    if task.badness(total) is None:
        return f"{task.name}: oom_score_adj {oom.NEVER}, not weighed, though its rss is {rss}"
    sign = "-" if adjusted < 0 else "+"
    return (
        f"{task.name}: {rss} rss + {swap} swap + {tables} page tables {sign} {abs(adjusted)} = {_points(task, total)}"
    )


def _candidate(drawing: Drawing, y: float, task: oom.TaskState, total: int, scale: float, *, killed: bool) -> float:
    drawing.box(1, y, WIDTH - 2, 64, "none")
    drawing.text(9, y + LINE, task.name, "strong")
    drawing.text(9 + 7.6 * len(task.name) + 8, y + LINE, f"pid {task.pid}", "small")
    end = f"{_points(task, total)} points: killed" if killed else _points(task, total)
    drawing.text(WIDTH - 9, y + LINE, end, "strong" if killed else "", "end")
    x = 9.0
    for (kind, _), pages in zip(_PARTS, _parts(task, total), strict=True):
        if pages > 0:
            width = max(_SEEN, pages * scale)
            drawing.box(x, y + 24, width, 14, "none" if task.badness(total) is None else kind)
            x += width
    drawing.text(9, y + 55, _said(task, total).partition(": ")[2], "small")
    return y + 70


def _legend(drawing: Drawing, y: float) -> None:
    x = 1.0
    for kind, name in _PARTS:
        drawing.box(x, y - 6, 12, 12, kind)
        drawing.text(x + 18, y + 4, name, "small")
        x += 34 + 6.4 * len(name)


def _instead(report: oom.OomReport) -> list[tuple[oom.TaskState, int]]:
    """From which oom_score_adj on each of the others has most points, where there is such a value."""
    first, *others = report.candidates()
    each = report.total_pages // 1000
    found = []
    for task in others:
        lacks = (first.badness(report.total_pages) or 0) - (task.badness(report.total_pages) or 0)
        more = task.oom_score_adj + lacks // each + 1
        if more <= 1000:  # noqa: PLR2004 -- the kernel takes no more
            found.append((task, more))
    return found
