"""The hub's proxy, a program of Node's: npm installs it once, as the lock file beside this has it.

Its port to Python was tried: websockets fail in it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from containers import locks, paths
from containers.errors import HostCannot

if TYPE_CHECKING:
    from containers.machine import Progress

RECIPE = Path(__file__).parent / "proxy"
LEAST_NODE = 18
_FILES = ("package.json", "package-lock.json")


def node() -> str:
    """Its path. Raises HostCannot where it is missing or too old."""
    found = shutil.which("node")
    if not found:
        raise HostCannot(
            "node is not installed: JupyterHub's proxy runs in it",
            hint="type: sudo apt-get install --no-install-recommends nodejs npm",
        )
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    number = said.removeprefix("v").partition(".")[0]
    if not number.isdecimal() or int(number) < LEAST_NODE:
        raise HostCannot(
            f"{found} is of version {said or 'none that it says'}; JupyterHub's proxy needs {LEAST_NODE} or later",
            hint="install a newer Node.js, and put it first on your PATH",
        )
    return found


def program(progress: Progress) -> Path:
    """The proxy's own file for node, installed into the cache if it is not there. Raises HostCannot."""
    wanted = [(RECIPE / name).read_bytes() for name in _FILES]
    place = paths.cache() / "proxy" / hashlib.sha256(b"".join(wanted)).hexdigest()[:16]
    main = place / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"
    with locks.exclusive(place.with_suffix(".lock"), waiting=lambda: progress("waiting for another npm")):
        if not main.exists():
            _install(place, progress)
    return main


def _install(place: Path, progress: Progress) -> None:
    npm = shutil.which("npm")
    if not npm:
        raise HostCannot(
            "npm is not installed: it brings JupyterHub's proxy",
            hint="type: sudo apt-get install --no-install-recommends npm",
        )
    progress("npm installs JupyterHub's proxy")
    draft = place.with_name(f"{place.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        for name in _FILES:
            shutil.copy(RECIPE / name, draft)
        # No package's own scripts: none of these needs one. What comes has to have the lock file's hashes.
        words = [npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(words, cwd=draft, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HostCannot(
                f"npm did not install JupyterHub's proxy: {(done.stderr or done.stdout).strip()[-600:]}",
                hint="no network? The same again when it is back; it is needed this once",
            )
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
