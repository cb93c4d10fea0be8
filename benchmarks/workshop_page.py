"""The page of a workshop's figures, with the targets beside them."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from page import at_most, table

if TYPE_CHECKING:
    from workshop import Figures


ABOUT = """\
Written by `python benchmarks/workshop.py`; do not edit. What is done: `benchmarks/README.md`. Participants are programs
on the same computer, and what they take of it is in the figures."""


def page(figures: Figures, about: list[str]) -> str:
    """The whole page."""
    parts = [
        f"# What a workshop of {figures.seats} seats takes",
        ABOUT,
        _log_in(figures),
        _room(figures),
        _killed(figures),
        _thrash(figures),
        "## Host\n\n" + "\n".join(about),
    ]
    return "\n\n".join(parts) + "\n"


def _log_in(figures: Figures) -> str:
    rows = [["`ramlab workshop up`, to its link", f"{figures.up:.1f}", "", "", ""]]
    if figures.warm is not None:
        rows.append(["from there until a machine waits for each who will come", f"{figures.warm:.0f}", "", "", ""])
    groups = (
        ("one alone", figures.alone, 2, 5),
        (f"{len(figures.ten)} together", figures.ten, None, 15),
        (f"the other {len(figures.rest)} together", figures.rest, None, None),
    )
    for who, those, read, prompt in groups:
        if those:
            rows.append(_row(f"first task can be read, {who}", [one.read - one.pressed for one in those], read))
            rows.append(_row(f"first prompt, {who}", [one.prompt - one.pressed for one in those], prompt))
    rows.append(
        [
            f"all {figures.seats} up, from the last log-in",
            f"{figures.all_up:.1f}",
            "",
            *at_most(figures.all_up, 120, " s"),
        ]
    )
    how = (
        "A machine is up for each before anybody comes (`warm`)."
        if figures.warm is not None
        else "Machines are made when their participants come (`warm = 0`)."
    )
    heads = ["seconds from the log-in's button", "median", "range", "target", ""]
    return f"## Log-in\n\n{how}\n\n{table(heads, rows)}"


def _room(figures: Figures) -> str:
    memory, echo = figures.memory, [1000 * one for one in figures.echo]
    bare = [1000 * one for one in figures.bare_echo]
    slowest = min(figures.rates)
    parts = [
        [f"    of it {what}, MB", f"{sum(sizes) / figures.seats:.0f}", _range(sizes, 0), "", ""]
        for what, sizes in sorted(figures.parts.items(), key=lambda item: -sum(item[1]))
    ]
    rows = [
        [
            "memory of a seat with its machine, MB", f"{median(memory):.0f}", _range(memory, 0),
            *at_most(median(memory), 160),
        ],
        *parts,
        ["memory of all that is not a seat's, MB", f"{figures.own:.0f}", "", "", ""],
        ["CPUs that a machine at rest takes", f"{median(figures.idle):.2f}", _range(figures.idle, 2), "", ""],
        ["echo of a key, ms", f"{median(echo):.1f}", _range(echo), *at_most(median(echo), 10)],
        [
            "output of a terminal, MB/s", f"{median(figures.rates):.1f}", _range(figures.rates),
            ">= 4", "met" if slowest >= 4 else "**missed**",
        ],
        [
            "echo in `ramlab shell`, without the workshop, ms", f"{median(bare):.1f}", _range(bare), "", "",
        ],
        [
            "output of `ramlab shell`, MB/s", f"{median(figures.bare_rates):.1f}", _range(figures.bare_rates), "", "",
        ],
        [
            "a check's result on the page after the change, s", f"{median(figures.flips):.1f}",
            _range(figures.flips), *at_most(max(figures.flips), 3),
        ],
    ]  # fmt: skip
    return (
        f"## The room at rest, {figures.seats} machines up\n\n"
        + table(["", "median", "range", "target", ""], rows)
        + "\n\nMemory is `Pss` of a seat's process, its machine and its terminals' connections, in 10^6 bytes.\n"
        "Each seat has a page that listens, and one terminal."
    )


def _killed(figures: Figures) -> str:
    rows = [
        [name, f"{seconds:.1f}", *at_most(seconds, 10, " s"), figures.kept.get(name, "")]
        for name, seconds in figures.back.items()
    ]
    heads = ["SIGKILL of", "all back after, s", "target", "", "what was still there"]
    return "## What is killed comes back\n\n" + table(heads, rows)


def _thrash(figures: Figures) -> str:
    others = [1000 * one for one in figures.others]
    if not others:
        return "## Some thrash\n\nNot measured: there were no others."
    rows = [["echo at the other seats, ms", f"{median(others):.0f}", _range(others, 0), *at_most(median(others), 200)]]
    taken = ", ".join(f"{one:.2f}" for one in figures.thrashing)
    gone = "nothing" if not figures.left else "; ".join(figures.left[:5])
    return (
        f"## {len(figures.thrashing)} of {figures.seats} machines thrash\n\n"
        + table(["", "median", "range", "target", ""], rows)
        + f"\n\nThey took {taken} CPUs; {figures.stalled} of them were called stalled on their pages.\n"
        f"`ramlab workshop down` afterwards took {figures.down:.0f} s and left {gone}."
    )


def _row(what: str, times: list[float], most: float | None = None) -> list[str]:
    target = at_most(median(times), most, " s") if most else ["", ""]
    return [what, f"{median(times):.1f}", _range(times), *target]


def _range(values: list[float], digits: int = 1) -> str:
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"
