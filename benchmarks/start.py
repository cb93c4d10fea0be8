"""What a start costs: `ramlab` against the bare floor and a cold boot; memory; checks. Writes guide/results/start.md.

usage: python benchmarks/start.py [--quick]
"""

import argparse
import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLDS = 3
"""Cold boots differ little, and take long."""


def main() -> int:
    """Measure all, print the page and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="3 repeats, 1 and 5 machines; writes nothing")
    quick = parser.parse_args().quick
    _own_python()

    from bench import SHAPE, Bench
    from measures import checks, loads, memory, starts
    from page import host, load, page

    from containers import templates
    from containers.errors import RamlabError

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lab = ROOT / "labs" / "05_oom"
    why_not = loads(lab)
    before = load()
    try:
        with Bench() as bench:
            timed = starts(bench, 3 if quick else 10, COLDS, None if why_not else lab, _say)
            taken = memory(bench, (1, 5) if quick else (1, 5, 20), _say)
            checked = None if why_not else checks(bench, lab, 1 if quick else 3, _say)
            text = page(timed, taken, checked, why_not, host(templates.ensure(SHAPE, _say), (before, load())))
    except RamlabError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("benchmark: interrupted; what it had started is stopped", file=sys.stderr)
        return 130
    print(text)
    if not quick:
        place = ROOT / "guide" / "results" / "start.md"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return 0


def _own_python() -> None:
    """Go on in the Python that has `ramlab`."""
    own = ROOT / ".venv" / "bin" / "python"
    if (Path(sys.executable).parent / "ramlab").exists():
        return
    if not own.exists():
        sys.exit("benchmark: this Python lacks ramlab\n  next: make lab     (makes .venv, and what machines need)")
    os.execv(own, [str(own), *sys.argv])  # noqa: S606 -- the same script, another interpreter


def _say(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
