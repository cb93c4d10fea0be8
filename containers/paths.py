"""Where things are kept, after the XDG base directory specification.

Three lines of our own instead of platformdirs: its import takes longer than a fork of a machine may wait.
"""

import os
from pathlib import Path


def cache() -> Path:
    """What can be made again: images, templates, the KVM verdict."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def state() -> Path:
    """What belongs to running machines and to the learner's progress."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def _xdg(variable: str, default: str) -> Path:
    named = os.environ.get(variable, "")
    # The specification: a relative path is to be ignored.
    return (Path(named) if named.startswith("/") else Path.home() / default) / "ramlab"
