"""`ramlab plot`: a recording as SVG and PNG, and as a table that says the same."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from containers.errors import HostCannot, UsageError

MIB = 1024
ROWS = 40
"""The table has about so many rows of samples; kills always have their own."""
LEAST = 1.0
"""A cgroup that never has so many MiB gets no line."""


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

    def series(self) -> dict[str, list[float]]:
        """What is drawn and told: MiB, and % for PSI."""
        found = {
            "available": [one["meminfo"]["MemAvailable"] / MIB for one in self.samples],
            "free": [one["meminfo"]["MemFree"] / MIB for one in self.samples],
            "cached": [one["meminfo"]["Cached"] / MIB for one in self.samples],
            "anon": [one["meminfo"]["AnonPages"] / MIB for one in self.samples],
            "swap used": [(one["meminfo"]["SwapTotal"] - one["meminfo"]["SwapFree"]) / MIB for one in self.samples],
        }
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


def table(recording: Recording) -> str:
    """The same as the picture, for who cannot see it: what was, when, and the kills among it."""
    times, series = recording.times(), recording.series()
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
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise HostCannot(
            "no pictures without matplotlib", hint="the table needs none: --table; else: pip install 'ramlab[plot]'"
        ) from error
    mpl.rcParams["svg.hashsalt"] = "ramlab"
    times, series = recording.times(), recording.series()
    machine = {name: line for name, line in series.items() if not name.startswith(("cgroup ", "psi"))}
    panels = [
        ("the machine, MiB", machine),
        ("cgroups, MiB", {name: line for name, line in series.items() if name.startswith("cgroup ")}),
        ("stalled, %", {name: line for name, line in series.items() if name.startswith("psi")}),
    ]
    panels = [one for one in panels if one[1]]
    figure = Figure(figsize=(9, 2.6 * len(panels)), layout="constrained")
    for axes, (title, lines) in zip(
        figure.subplots(len(panels), sharex=True, squeeze=False)[:, 0], panels, strict=True
    ):
        for number, (name, line) in enumerate(lines.items()):
            axes.plot(times, line, label=name, linestyle=("-", "--", "-.", ":")[number % 4])
        axes.set_ylabel(title)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        for event in recording.events:
            axes.axvline(recording.since(event), color="crimson", linewidth=1)
    top = figure.axes[0]
    legend = ["seconds"]
    for number, event in enumerate(recording.events, start=1):
        # Kills may be close together: numbers take turns in height, the words stand below.
        height = 1.01 + 0.08 * ((number - 1) % 2)
        top.annotate(str(number), (recording.since(event), height), xycoords=("data", "axes fraction"),
                     color="crimson", ha="center")  # fmt: skip
        legend.append(f"{number}: {recording.since(event):.1f} s, {told(event)}")
    figure.axes[-1].set_xlabel("\n".join(legend))
    title = f"{recording.header['lab']}: memory over time"
    top.set_title(title, pad=24)
    made = []
    for kind in kinds:
        target = path.with_suffix(f".{kind}")
        about: dict[str, Any] = {"Title": title}
        if kind == "svg":
            about |= {"Date": None, "Description": "; ".join(told(one) for one in recording.events) or "no kill"}
        figure.savefig(target, metadata=about)
        made.append(target)
    return made


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
