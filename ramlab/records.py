"""What outlives a machine: hints taken, the last result, how long steps took. One JSON file each."""

import json
import os
from pathlib import Path
from typing import Any

from containers import locks, paths


def of_machine(name: str) -> Path:
    """The record of `05_oom@ada`: `{"hints": {check: taken}, "points": 4, "of": 12, "done": 2, "tasks": 6}`."""
    return paths.state() / "labs" / f"{name}.json"


def read(path: Path) -> dict[str, Any]:
    """The record, empty where there is none or it is damaged: nothing in it is worth an error."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def update(path: Path, **values: object) -> None:
    """Set keys of the record, while no other ramlab does."""
    with locks.exclusive(path.with_suffix(".lock")):
        write(path, {**read(path), **values})


def write(path: Path, content: dict[str, Any]) -> None:
    """Replace a JSON file, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps(content, indent=1))
    draft.replace(path)


def number(value: object) -> int:
    """`value` where it is a count, else 0: a record may have been edited."""
    return value if type(value) is int and value > 0 else 0


def hints_taken(name: str) -> dict[str, int]:
    """How many hints of each check were taken so far."""
    taken = read(of_machine(name)).get("hints")
    return {key: number(value) for key, value in taken.items()} if isinstance(taken, dict) else {}
