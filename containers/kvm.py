"""Which accelerator this host really has.

That /dev/kvm exists proves nothing: hosts were seen where it opens and a stock guest then hangs in its first
second, or QEMU ends with an assertion. So a tiny guest is started under it, with a deadline.
"""

import json
import os
import platform
import secrets
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from containers import cache, paths, programs, qemu
from containers.errors import UsageError
from containers.image.build import Image
from containers.machine import Progress

DEADLINE_SECONDS = 15
"""A guest under working KVM says its word in well under one second."""
DEVICE = Path("/dev/kvm")


@dataclass(frozen=True)
class Verdict:
    """What was found out about KVM."""

    accel: str
    """`kvm` or `tcg`."""
    reason: str


def verdict(image: Image, progress: Progress) -> Verdict:
    """The accelerator to use, probed once per host, kernel and QEMU; `RAMLAB_ACCEL=kvm|tcg` overrides."""
    wish = os.environ.get("RAMLAB_ACCEL", "")
    if wish:
        if wish not in {"kvm", "tcg"}:
            raise UsageError(f"RAMLAB_ACCEL is {wish!r}", hint="legal: kvm, tcg")
        return Verdict(wish, "RAMLAB_ACCEL says so")
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        why = "may not be opened by you (group kvm?)" if DEVICE.exists() else "is not there"
        return Verdict("tcg", f"{DEVICE} {why}")
    path = paths.cache() / "kvm" / f"{_host_key()}.json"
    try:
        return Verdict(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        progress("finding out whether KVM works here")
        found = probe("kvm", image)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(found)))
        draft.rename(path)
        return found


def probe(accel: str, image: Image) -> Verdict:
    """Start a tiny guest under `accel` and wait for its word."""
    word = secrets.token_hex(8)
    argv = qemu.probe_argv(accel, image.kernel, image.initrd, word=word)
    with programs.running(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            said = process.communicate(timeout=DEADLINE_SECONDS)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            return Verdict("tcg", f"a guest under {accel} said nothing within {DEADLINE_SECONDS} s")
    if f"RAMLAB PROBE {word}" in said:
        return Verdict(accel, f"a guest under {accel} ran")
    last = (said.strip().splitlines() or ["nothing was said"])[-1][:200]
    return Verdict("tcg", f"a guest under {accel} did not start: {last}")


def _host_key() -> str:
    machine_id = Path("/etc/machine-id")
    host = machine_id.read_text().strip() if machine_id.exists() else platform.node()
    return cache.key(host, platform.release(), programs.qemu_version())
