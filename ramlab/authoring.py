"""`ramlab new`: a lab's files, with TODOs."""

import os
import re
import shutil
from pathlib import Path

from containers.errors import UsageError
from ramlab import catalogue, lint, places

SCAFFOLD = Path(__file__).parent / "scaffold"
FILES = {
    "README.md": "README.md",
    "lab.toml": "lab.toml",
    "scenario.sh": "scenario.sh",
    "workload.py": "workload.py",
    "checks.py.txt": "test_{short}.py",  # no .py here: a checkout's linters and pytest are to leave it alone
    "design.md": ".meta/design.md",
    "solution.sh": ".meta/solution.sh",
    "right.sh": ".meta/right/another_road.sh",
    "lazy.sh": ".meta/wrong/lazy.sh",
    "plausible.sh": ".meta/wrong/plausible.sh",
}
"""File of the scaffold -> its place in the lab."""


def new(*, name: str) -> int:
    """Write the files of lab `name` (`13_zswap`, or `zswap` for the next free number)."""
    root = places.labs_folder()
    numbers = [int(known[:2]) for known in places.names(root) if known[:2].isdecimal()]
    full = name if re.match(r"\d\d_", name) else f"{max(numbers, default=0) + 1:02}_{name}"
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", full):
        raise UsageError(
            f"{name!r} is no lab's name", hint="legal: small letters, digits and _, as in zswap or 13_zswap"
        )
    taken = [known for known in places.names(root) if known[:2] == full[:2] or known[3:] == full[3:]]
    folder = root / full
    if taken or folder.exists():
        raise UsageError(f"{full}: {(taken or [full])[0]} is there already", hint="take another number or name")
    draft = root / f".{full}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    for source, place in FILES.items():
        path = draft / place.format(short=full[3:])
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (SCAFFOLD / source).read_text()
        path.write_text(text.replace("@NAME@", full).replace("@NUMBER@", full[:2]))
    draft.rename(folder)
    left = lint.complaints(catalogue.Lab.load(folder))
    print(
        f"{os.path.relpath(folder)}: {len(FILES)} files, {len(left)} things to do; `ramlab verify {full}` tells them:\n"
    )
    for complaint in left:
        print(f"  {complaint}")
    return 0
