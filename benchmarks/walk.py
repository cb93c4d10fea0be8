"""What `ramlab walk` costs, and how long the machine stands still for it. Writes guide/results/walk.md.

usage: python benchmarks/walk.py [--quick]
"""

import argparse
import re
import signal
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS, STANDSTILL = 1.0, 200.0
"""What it is to reach: in all, and of it the milliseconds in which the machine stands still."""


_SLEEPER = """sleep 100000 >/dev/null 2>&1 & p=$!
timeout 60 sh -c "until grep -q sleep /proc/$p/comm; do :; done"
read -r line < /proc/$p/maps
echo $p ${line%%-*}"""


def main() -> int:
    """Measure, print the page and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="5 rounds; writes nothing")
    quick = parser.parse_args().quick

    from bench import EMPTY, RAMLAB, SHAPE, Bench
    from page import host, load, table

    from containers import templates
    from containers.errors import RamlabError
    from containers.machine import silent

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    before = load()
    still: list[float] = []
    seconds: dict[str, list[float]] = {"walk": [], "exec": [], "help": []}
    try:
        with Bench() as bench:
            environment = {"RAMLAB_LABS": str(bench.labs)}
            bench.ramlab("start", EMPTY, "--no-shell")
            pid, address = bench.output(RAMLAB, "exec", EMPTY, "--", _SLEEPER, **environment).split()
            for number in range((5 if quick else 30) + 1):
                words = {
                    "walk": ["walk", EMPTY, pid, address],
                    "exec": ["exec", EMPTY, "--", "true"],
                    "help": ["--help"],
                }
                times = {name: bench.ramlab(*argv) for name, argv in words.items()}
                said = bench.output(RAMLAB, *words["walk"], **environment)
                if number:  # the first one reads the kernel's types and symbols, once per template
                    still.append(float(re.search(r"stood still for (\d+) ms", said)[1]))  # type: ignore[index]
                    for name, took in times.items():
                        seconds[name].append(took)
            about = host(templates.ensure(SHAPE, silent), (before, load()))
    except (RamlabError, subprocess.SubprocessError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    walk, execute = statistics.median(seconds["walk"]), statistics.median(seconds["exec"])
    stood = statistics.median(still)

    def row(what: str, found: list[float], form: str, target: str = "", met: str = "") -> list[str]:
        return [
            what,
            format(statistics.median(found), form),
            f"{min(found):{form}} to {max(found):{form}}",
            target,
            met,
        ]

    text = "\n".join([
        "# What a walk costs", "",
        "Written by `python benchmarks/walk.py`; do not edit. A sleeping process of the machine, the address of its",
        f"first page; {len(still)} rounds in turns, interpreters included. One walk before them is not counted: the",
        "first one of a template reads the kernel's types and symbols, and keeps them with the template.", "",
        table(["ratio of medians", "figure"], [["`ramlab walk` / `ramlab exec -- true`", f"{walk / execute:.2f}"]]), "",
        table(["", "median", "range", "target", ""], [
            row("`ramlab walk`, seconds", seconds["walk"], ".2f", f"<= {SECONDS:g}", _met(walk, SECONDS)),
            row("of it the machine stands still, ms", still, ".0f", f"<= {STANDSTILL:g}", _met(stood, STANDSTILL)),
            row("`ramlab exec -- true`, seconds", seconds["exec"], ".2f"),
            row("`ramlab --help`, seconds", seconds["help"], ".2f"),
        ]), "",
        "## Host", "", *about, "",
    ])  # fmt: skip
    print(text)
    if not quick:
        (ROOT / "guide" / "results" / "walk.md").write_text(text)
    return 0


def _met(figure: float, limit: float) -> str:
    return "met" if figure <= limit else "**missed**"


if __name__ == "__main__":
    sys.exit(main())
