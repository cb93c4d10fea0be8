"""A timeline for each lab: what its workload does to a machine that nobody has changed yet.

`python -m ramlab.guide.timelines [LAB...]` records them anew, in real machines, into guide/timelines. The site draws
them into the labs' pages.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from dataclasses import dataclass
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any

from containers.machine import silent
from ramlab import catalogue, plotting, sampling, sessions

FOLDER = Path(__file__).parents[2] / "guide" / "timelines"
SAMPLES = 100
"""So many are kept of a recording; those around kills are among them."""
STUDENT = "timeline"
HEADING = "Before anything is changed: a run, recorded"
_KEPT = {"MemTotal", "MemFree", "MemAvailable", "Cached", "AnonPages", "SwapTotal", "SwapFree"}
_OURS = "init.scope"
"""What the machine itself needs, whatever the lab."""
_INK = "#010203"
"""Stands for the page's own colour of text."""


@dataclass(frozen=True)
class Timeline:
    """What is recorded of a lab."""

    workload: str
    shows: str
    """What to look for; no answer to a task."""
    also: tuple[str, ...] = ()
    """Of plotting.ALSO."""
    interval: float = 0.5
    groups: bool = True
    """Whether cgroups are shown: not where that would answer a task."""


TIMELINES = {
    "01_free": Timeline("drop", "The caches are dropped: free rises, and how much does available?"),
    "02_maps": Timeline("order all", "An order is some MB of anonymous memory."),
    "03_swap": Timeline("press", "A job that needs more memory than its cgroup may have."),
    "04_page_cache": Timeline("night", "A backup reads and writes files: free memory becomes cache.", ("dirty",)),
    "05_oom": Timeline("press", "A leak fills the memory, until the OOM killer chooses."),
    "06_numa": Timeline(
        "replan", "A job that is bound to one node is killed for want of memory, while the machine has some."
    ),
    "07_thp": Timeline(
        "switch", "Six programs take 14 MB; at the switch to always some of it becomes huge pages.", ("huge", "pool")
    ),
    "08_cgroups": Timeline("noise", "A tenant reads its archive: whose memory is that?"),
    "09_sysctl": Timeline("jingles", "The same work at two settings of vm.swappiness.", ("dirty",)),
    "10_overcommit": Timeline("greedy", "What is promised, and what is used of it.", ("committed",)),
    "11_monitoring": Timeline("press", "A service that leaks, in its busiest minute."),
    "12_translation": Timeline(
        "alarm", "A buffer is filled in the alarm: some MiB. What it costs in page faults is not seen here."
    ),
    "13_slab": Timeline(
        "week", "Visitors ask for names that nobody has: memory that no process shows.", ("slab",), groups=False
    ),
    "14_zones": Timeline("morning", "The pool of 2 MiB pieces takes what is free in one piece.", ("pool",)),
}


def path(lab: str) -> Path:
    """Where the lab's recording is, once it was made."""
    return FOLDER / f"{lab}.jsonl"


def record(lab: str) -> Path:
    """Record the lab's timeline in a new machine, thin it, keep it."""
    one = TIMELINES[lab]
    machine = sessions.fresh(catalogue.load(lab, STUDENT), kind="vm", progress=silent)
    try:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "run.jsonl")
            sampling.record(
                lab=lab, student=STUDENT, seconds=0, interval=one.interval, workload=one.workload, out=str(out)
            )
            header, *rest = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    finally:
        machine.stop()
    del header["student"]
    target = path(lab)
    FOLDER.mkdir(exist_ok=True)
    lines = [header, *thinned(rest, one)]
    target.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")
    return target


def thinned(rest: list[dict[str, Any]], timeline: Timeline) -> list[dict[str, Any]]:
    """What is drawn of these samples and events, and no more."""
    events = [one for one in rest if "event" in one]
    samples = [one for one in rest if "meminfo" in one]
    step = max(1, -(-len(samples) // SAMPLES))
    moments = [float(one["t"]) for one in events]
    kept = [
        one for number, one in enumerate(samples)
        if number % step == 0 or number == len(samples) - 1 or any(abs(one["t"] - at) < 1 for at in moments)
    ]  # fmt: skip
    wanted = _KEPT | {plotting.ALSO[name] for name in timeline.also}
    groups = {
        name for one in kept for name, group in one["cgroups"].items()
        if group.get("current", 0) >= plotting.LEAST * plotting.MIB and name != _OURS and timeline.groups
    }  # fmt: skip
    return [
        {
            "t": one["t"],
            "meminfo": {name: kb for name, kb in one["meminfo"].items() if name in wanted},
            "vmstat": {"oom_kill": one["vmstat"]["oom_kill"]},
            "psi": {"some": {"total": one["psi"]["some"]["total"]}},
            "cgroups": {name: {"current": one["cgroups"].get(name, {}).get("current", 0)} for name in sorted(groups)},
        }
        for one in kept
    ] + [{key: value for key, value in one.items() if key != "line"} for one in events]


def html(lab: str) -> str:
    """For the lab's page of the site: the picture, and below it, folded, its table."""
    one = TIMELINES[lab]
    recording = plotting.read(path(lab))
    title = f"workload {one.workload}: {one.shows}"
    # An empty line would end the piece of HTML in Markdown.
    table = escape(plotting.table(recording, one.also)).strip().replace("\n\n", "\n&#8203;\n")
    return "\n".join([
        f'<figure id="timeline-{lab}">', svg(recording, one.also, title),
        f"<figcaption>{escape(title)}</figcaption></figure>",
        "<details><summary>The same as a table</summary>",
        f'<pre tabindex="0">{table}</pre></details>',
    ])  # fmt: skip


def svg(recording: plotting.Recording, also: tuple[str, ...], title: str) -> str:
    """Narrow enough for a phone, in the page's own colour of text, with a title and a description."""
    import matplotlib as mpl

    inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color")
    settings: Any = {"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9, **dict.fromkeys(inked, _INK)}
    with mpl.rc_context(settings):
        file = StringIO()
        figure = plotting.drawn(recording, also=also, width=4.6)
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    name = recording.header["lab"]
    words = "; ".join(plotting.told(one) for one in recording.events) or "no kill"
    drawing = "<svg" + file.getvalue().partition("<svg")[2]
    # Several may be in one page: each has names of its own.
    drawing = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", drawing)
    head = (
        f'<svg class="ramlab-timeline" role="img" aria-labelledby="{name}-title {name}-desc" style="display: block;'
        ' width: 100%; max-width: 36rem; height: auto; margin: 1rem auto; color: var(--color-foreground-primary)" '
    )
    about = f'<title id="{name}-title">{escape(title)}</title>\n<desc id="{name}-desc">{escape(words)}</desc>\n'
    drawing = drawing.replace("<svg ", head, 1)
    drawing = re.sub(r"<metadata>.*?</metadata>\n?|<style.*?</style>\n?", "", drawing, flags=re.DOTALL)
    start = drawing.index(">") + 1
    drawing = f"{drawing[:start]}\n{about}{drawing[start:].lstrip()}"
    return re.sub(r"\n\s*\n", "\n", drawing.replace(_INK, "currentColor")).strip()


def main(words: list[str]) -> int:
    """Record these labs' timelines, or all."""
    for lab in words or list(TIMELINES):
        target = record(lab)
        print(f"{target}: {target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
