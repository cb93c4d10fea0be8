"""`ramlab plot`: a recording as SVG and PNG, and as a table that says the same."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from containers.errors import HostCannot, UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MIB = 1024
ROWS = 40
"""The table has about so many rows of samples; kills always have their own."""
LEAST = 1.0
"""A cgroup that never has so many MiB gets no line, a machine that never stalls so many per cent no panel of it."""
MOST = 8
"""Cgroups that a picture has lines for, the largest ones; the table has all."""
ALSO = {
    "dirty": "Dirty", "slab": "Slab", "shared": "Shmem", "huge": "AnonHugePages", "pool": "Hugetlb",
    "committed": "Committed_AS",
}  # fmt: skip
"""What can be shown besides, and its line in /proc/meminfo."""


@dataclass(frozen=True)
class Recording:
    """What `ramlab record` wrote."""

    header: dict[str, Any]
    samples: list[dict[str, Any]]
    events: list[dict[str, Any]]

    def times(self) -> list[float]:
        """Seconds since the first sample."""
        return [one["t"] - self.samples[0]["t"] for one in self.samples]

    def since(self, event: dict[str, Any]) -> float:
        """When it was, in the same seconds."""
        return float(event["t"]) - float(self.samples[0]["t"])

    def series(self, also: tuple[str, ...] = ()) -> dict[str, list[float]]:
        """What is drawn and told: MiB, and % for PSI. `also`: keys of ALSO; what was not recorded is 0."""
        found = {
            "available": [one["meminfo"]["MemAvailable"] / MIB for one in self.samples],
            "free": [one["meminfo"]["MemFree"] / MIB for one in self.samples],
            "cached": [one["meminfo"]["Cached"] / MIB for one in self.samples],
            "anon": [one["meminfo"]["AnonPages"] / MIB for one in self.samples],
        }
        if any(one["meminfo"]["SwapTotal"] for one in self.samples):
            swap = [one["meminfo"]["SwapTotal"] - one["meminfo"]["SwapFree"] for one in self.samples]
            found["swap used"] = [kb / MIB for kb in swap]
        found |= {name: [one["meminfo"].get(ALSO[name], 0) / MIB for one in self.samples] for name in also}
        if any(one["psi"] for one in self.samples):
            found["psi some %"] = self._stalled()
        for name in sorted({name for one in self.samples for name in one["cgroups"]}):
            line = [one["cgroups"].get(name, {}).get("current", 0) / MIB for one in self.samples]
            if max(line) >= LEAST:
                found[f"cgroup {name or '/'}"] = line
        return found

    def _stalled(self) -> list[float]:
        """The share of each interval in which some task waited for memory."""
        shares = [0.0]
        for before, after in itertools.pairwise(self.samples):
            waited = after["psi"].get("some", {}).get("total", 0) - before["psi"].get("some", {}).get("total", 0)
            shares.append(min(100.0, max(0.0, waited / 1e4 / max(after["t"] - before["t"], 0.01))))
        return shares


def read(path: Path) -> Recording:
    """Raise UsageError for what is no recording."""
    try:
        header, *rest = [json.loads(line) for line in path.read_text().splitlines()]
        recording = Recording(
            header, [one for one in rest if "meminfo" in one], [one for one in rest if "event" in one]
        )
        if header["record"] != 1 or not recording.samples:
            raise ValueError("no samples")  # noqa: TRY301 -- said in the same words as the others
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="make one: ramlab record LAB") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no recording", hint="make one: ramlab record LAB") from error
    return recording


def told(event: dict[str, Any]) -> str:
    """An event in words."""
    if not event["name"]:
        return f"{event['count']} OOM kill(s), not named in the kernel log"
    return f"killed {event['name']} (pid {event['pid']}, {event['anon_rss'] / MIB:.0f} MiB anonymous)"


def table(recording: Recording, also: tuple[str, ...] = ()) -> str:
    """The same as the picture, for who cannot see it: what was, when, and the kills among it."""
    times, series = recording.times(), recording.series(also)
    head = recording.header
    widths = [max(7, len(name)) for name in series]
    step = max(1, -(-len(times) // ROWS))
    moments = [(recording.since(one), told(one)) for one in recording.events]
    rows = [
        f"{head['lab']}, kernel {head['kernel']}, a sample each {head['interval']:g} s. Sizes in MiB.",
        "",
        "   time  " + "  ".join(f"{name:>{width}}" for name, width in zip(series, widths, strict=True)),
    ]
    for index, moment in enumerate(times):
        while moments and moments[0][0] <= moment:
            at, what = moments.pop(0)
            rows.append(f"{at:5.1f} s  *** {what}")
        if index % step == 0 or index == len(times) - 1:
            cells = [f"{line[index]:>{width}.0f}" for line, width in zip(series.values(), widths, strict=True)]
            rows.append(f"{moment:5.1f} s  {'  '.join(cells)}")
    rows += [f"{at:5.1f} s  *** {what}" for at, what in moments]
    rows += ["", "line: least (when), most (when)"]
    for name, line in series.items():
        low, high = line.index(min(line)), line.index(max(line))
        rows.append(f"{name}: {line[low]:.0f} ({times[low]:.1f} s), {line[high]:.0f} ({times[high]:.1f} s)")
    return "\n".join(rows) + "\n"


def draw(recording: Recording, path: Path, kinds: tuple[str, ...] = ("svg", "png")) -> list[Path]:
    """Pictures beside `path`. Raises HostCannot where matplotlib is missing."""
    figure = drawn(recording)
    made = []
    for kind in kinds:
        target = path.with_suffix(f".{kind}")
        about: dict[str, Any] = {"Title": _title(recording)}
        if kind == "svg":
            about |= {"Date": None, "Description": "; ".join(told(one) for one in recording.events) or "no kill"}
        figure.savefig(target, metadata=about, dpi=150)
        made.append(target)
    return made


def _title(recording: Recording) -> str:
    return f"{recording.header['lab']}: memory over time"


def drawn(recording: Recording, *, also: tuple[str, ...] = (), width: float = 9.0) -> Figure:
    """The figure, `width` inches wide. Raises HostCannot where matplotlib is missing."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise HostCannot(
            "no pictures without matplotlib", hint="the table needs none: --table; else: pip install 'ramlab[plot]'"
        ) from error
    mpl.rcParams["svg.hashsalt"] = "ramlab"
    times, series = recording.times(), recording.series(also)
    groups = sorted((name for name in series if name.startswith("cgroup ")), key=lambda name: -max(series[name]))
    panels = [
        ("the machine, MiB", [name for name in series if not name.startswith(("cgroup ", "psi")) and name not in also]),
        ("MiB", list(also)),  # of another size than the rest, mostly
        ("cgroups, MiB", sorted(groups[:MOST])),
        ("stalled, %", [name for name in series if name.startswith("psi") and max(series[name]) >= LEAST]),
    ]
    panels = [one for one in panels if one[1]]
    columns = int(width // 1.5)
    # A legend needs its lines of text, whatever else is in the panel.
    heights = [1.1 + 0.6 * (panel == panels[0]) + 0.2 * -(-len(panel[1]) // columns) for panel in panels]
    figure = Figure(figsize=(width, sum(heights) + 0.5 + 0.17 * len(recording.events)), layout="constrained")
    every = figure.subplots(len(panels), sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (title, names) in zip(every, panels, strict=True):
        for number, name in enumerate(names):
            style = ("-", "--", "-.", ":")[number % 4]
            axes.plot(times, series[name], label=name.removeprefix("cgroup "), linestyle=style)
        axes.set_ylabel(title)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, fontsize="small",
                    borderaxespad=0.1, columnspacing=1.0, handlelength=1.8)  # fmt: skip
        for event in recording.events:
            axes.axvline(recording.since(event), color="crimson", linewidth=1)
    legend = ["seconds"]
    for number, event in enumerate(recording.events, start=1):
        # Kills may be close together: numbers take turns in height, the words stand below.
        height = 0.98 - 0.1 * ((number - 1) % 3)
        every[0].annotate(str(number), (recording.since(event), height), xycoords=("data", "axes fraction"),
                          xytext=(2, 0), textcoords="offset points", color="crimson", va="top")  # fmt: skip
        legend.append(f"{number}: {recording.since(event):.1f} s, {told(event)}")
    every[-1].set_xlabel("\n".join(legend), fontsize="small", loc="left")
    figure.suptitle(_title(recording), fontsize="medium")
    _settle(figure)
    return figure


def _settle(figure: Figure) -> None:
    """Lay the figure out now, in round figures: the same recording gives the same bytes.

    The solver of the constrained layout ends a last binary digit apart from one run to the next, and an SVG's names
    of clip paths are hashes over unrounded coordinates.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = axes.get_position().bounds
        axes.set_position((round(left, 4), round(bottom, 4), round(width, 4), round(height, 4)))


def plot(*, file: str, table_only: bool) -> int:
    """Print the table, keep it beside the recording, and draw."""
    path = Path(file)
    recording = read(path)
    text = table(recording)
    path.with_suffix(".txt").write_text(text)
    print(text)
    if not table_only:
        for made in draw(recording, path):
            print(f"wrote {made}")
    return 0
