"""What a start of a `docker` machine costs against bare containers. Writes guide/results/containers.md.

usage: python benchmarks/docker_pair.py [--quick]

The engine is DOCKER_HOST's, or the one of a `ramlab dockerhost` that is started for this.
"""

import argparse
import os
import signal
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench import Bench

ROOT = Path(__file__).resolve().parent.parent
TARGET = 1.3


def main() -> int:
    """Measure, print the page and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="2 rounds; writes nothing")
    quick = parser.parse_args().quick

    from bench import EMPTY, Bench
    from page import host, load, table

    from containers import engines, machines, templates
    from containers.errors import RamlabError
    from ramlab.dockerhost import SHAPE, engine_address

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    before = load()
    rounds = 2 if quick else 7
    bare: list[float] = []
    ours: list[float] = []
    try:
        with Bench() as bench:
            if not os.environ.get("DOCKER_HOST"):
                os.environ["DOCKER_HOST"] = engine_address(machines.start("dockerhost@bench", SHAPE, progress=_say))
            for number in range(rounds + 1):
                times = _bare(bench), bench.ramlab("start", EMPTY, "--machine", "docker", "--no-shell")
                bench.ramlab("stop", EMPTY)
                if number:  # the first one asks the engine, and reads programs into the page cache
                    bare.append(times[0])
                    ours.append(times[1])
                _say(f"bare {times[0]:.2f} s, ramlab start {times[1]:.2f} s")
            info = engines.connect().info
            about = host(templates.ensure(SHAPE, _say), (before, load()))
            about.insert(0, f"- engine {info['ServerVersion']} on Linux {info['KernelVersion']}: {info['Name']}")
    except RamlabError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    ratio = statistics.median(ours) / statistics.median(bare)
    rows = [
        [name, f"{statistics.median(found):.2f}", f"{min(found):.2f} to {max(found):.2f}", str(len(found))]
        for name, found in (("(a) two bare containers", bare), ("(b) `ramlab start --machine docker --no-shell`", ours))
    ]
    text = "\n".join([
        "# What a start of a container costs", "",
        "Written by `python benchmarks/docker_pair.py`; do not edit. (a): a Python that has the Docker SDK creates",
        "and starts a privileged container of the same image, and a second one in its PID namespace, as `docker run",
        "-d` does; (b) also records the kernel's settings, lays out cgroups and both doors, and runs an empty",
        "scenario. Both over the same connection, interpreters included, in turns.", "",
        table(["ratio of medians", "figure", "target", ""],
              [["(b) / (a)", f"{ratio:.2f}", f"<= {TARGET}", "met" if ratio <= TARGET else "**missed**"]]), "",
        table(["wall time in seconds", "median", "range", "n"], rows), "",
        "## Host", "", *about, "",
    ])  # fmt: skip
    print(text)
    if not quick:
        (ROOT / "guide" / "results" / "containers.md").write_text(text)
    return 0


def _bare(bench: "Bench") -> float:
    """The seconds that two containers take; they are removed afterwards."""
    script, made = Path(__file__).with_name("bare.py"), bench.folder / "made"
    seconds = bench.run("sh", "-c", f'"$0" "$1" > {made}', sys.executable, script)
    bench.run(sys.executable, script, *made.read_text().split())
    return seconds


def _say(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
