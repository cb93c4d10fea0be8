"""The page of figures: targets beside them, and the host they were taken on."""

import datetime as dt
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from measures import Checks, Memory, Starts

from containers import templates

CHECKS = """\
A check that asks for the fixture `workload` presses; the others only look. A round trip is one command at the
examiner's door. Fixtures are paid by the first check that asks for them, and by the last."""


def host(template: templates.Template, load: tuple[str, str]) -> list[str]:
    """What the figures were taken on."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = next(int(line.split()[1]) * 1024 for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    version = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True).stdout
    guest = (template.image.folder / "release").read_text().strip()
    return [
        f"- {len(os.sched_getaffinity(0))} cores of {cpu}, {memory / 1e9:.0f} GB, Linux {platform.release()}",
        f"- {version.splitlines()[0]}, accelerator {template.accel}; guest Linux {guest}",
        f"- Python {platform.python_version()}",
        f"- load average (1, 5, 15 minutes) before: {load[0]}; after: {load[1]}",
        f"- {dt.datetime.now(tz=dt.UTC):%Y-%m-%d %H:%M} UTC",
    ]


def load() -> str:
    """The load averages now."""
    return ", ".join(f"{one:.2f}" for one in os.getloadavg())


def page(starts: Starts, memory: list[Memory], checks: Checks | None, why_not: str, about: list[str]) -> str:
    """The whole page, in Markdown whose tables read well on a terminal, too."""
    parts = [
        "# What a start costs",
        "Written by `python benchmarks/start.py`; do not edit. What is compared, and how: `benchmarks/README.md`.",
        _ratios(starts),
        _times(starts),
        _memory(memory),
    ]
    parts += _checks(checks) if checks else [f"## Lab 05\n\nNot measured: {why_not}"]
    return "\n\n".join([*parts, "## Host", "\n".join(about)]) + "\n"


def _ratios(starts: Starts) -> str:
    rows = [
        ["(b) / (a): what `ramlab` adds to the floor", f"{starts.to_floor():.2f}", *at_most(starts.to_floor(), 1.5)],
        ["(c) / (b): what the template saves", f"{starts.from_cold():.2f}", *_least(starts.from_cold(), 5)],
    ]
    return table(["ratio of medians", "figure", "target", ""], rows)


def _times(starts: Starts) -> str:
    def row(what: str, times: list[float], most: float | None = None) -> list[str]:
        target = at_most(median(times), most, " s") if most else ["", ""]
        return [what, f"{median(times):.2f}", f"{min(times):.2f} to {max(times):.2f}", str(len(times)), *target]

    rows = [
        row("(a) floor: bare fork to the first command", starts.floor),
        row("(b) start and first exec, empty scenario", starts.both),
        row("    of it `ramlab start --no-shell`", starts.start),
        row("    of it the first `ramlab exec`", starts.exec),
        row("(c) cold boot to the first command", starts.cold),
    ]
    if starts.lab:
        rows.append(row("`ramlab start 05 --no-shell`, its own scenario", starts.lab, 3))
    rows.append(row("`ramlab --help`", starts.help, 0.25))
    return "## Start\n\n" + table(["wall time in seconds", "median", "range", "n", "target", ""], rows)


def _memory(memory: list[Memory]) -> str:
    rows = [
        [
            str(one.alive), f"{median(one.dirty):.0f}", f"{max(one.dirty):.0f}",
            *at_most(max(one.dirty), 80, " MB"), f"{median(one.clean):.0f}", f"{one.slowest:.2f}",
        ]
        for one in memory
    ]  # fmt: skip
    heads = ["alive", "median MB", "highest MB", "target", "", "clean MB", "slowest exec, s"]
    return (
        f"## Memory of an idle machine\n\n{table(heads, rows)}\n\n"
        "MB are 10^6 bytes of `Private_Dirty` in the QEMU process's `/proc/PID/smaps_rollup`: the pages that this\n"
        "machine alone has written, and that come back only when it ends. `Private_Clean` (clean MB) is not counted:\n"
        "these are pages of the template's file and of QEMU's own, in the page cache once, and called private only\n"
        "as long as no second machine maps them. Every machine had answered a `ramlab exec` just before."
    )


def _checks(checks: Checks) -> list[str]:
    looking = median(checks.looking)
    done = sum(check.passed for check in checks.each)
    walls = [
        ["`pytest labs/05_oom`, untouched", f"{checks.untouched:.2f}", "1", "", ""],
        [f"`pytest labs/05_oom`, solved: {done} of {len(checks.each)} pass", f"{checks.solved:.2f}", "1", "", ""],
        ["solved, only the checks that look", f"{looking:.2f}", str(len(checks.looking)), *at_most(looking, 4, " s")],
    ]
    rows = [
        [
            f"`{check.name}`", "presses" if check.presses else "looks", f"{check.seconds:.2f}",
            str(check.trips), str(check.fixtures),
        ]
        for check in checks.each
    ]  # fmt: skip
    heads = ["check on the solved machine", "", "seconds", "round trips", "in fixtures"]
    return [
        "## Checks of lab 05, on a machine that is up",
        table(["wall time in seconds", "median", "n", "target", ""], walls),
        table(heads, rows),
        CHECKS,
    ]


def at_most(figure: float, limit: float, unit: str = "") -> list[str]:
    """Two cells: the target, and whether it is met."""
    return [f"<= {limit:g}{unit}", "met" if figure <= limit else "**missed**"]


def _least(figure: float, limit: float) -> list[str]:
    return [f">= {limit:g}", "met" if figure >= limit else "**missed**"]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with columns of even width; all but the first column flush right where numbers stand."""
    widths = [max(3, *(len(row[index]) for row in [heads, *rows])) for index in range(len(heads))]
    right = [bool(index) and all(_numeric(row[index]) for row in rows) for index in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        sides = zip(cells, widths, right, strict=True)
        padded = (cell.rjust(width) if flush else cell.ljust(width) for cell, width, flush in sides)
        return f"| {' | '.join(padded)} |"

    rule = "|".join(f"{'-' * (width + 1)}{':' if flush else '-'}" for width, flush in zip(widths, right, strict=True))
    return "\n".join([line(heads), f"|{rule}|", *map(line, rows)])


def _numeric(cell: str) -> bool:
    return cell.replace(".", "").isdecimal()


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
