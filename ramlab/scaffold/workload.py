"""TODO: what this does to memory, and why these sizes. `workload press`."""

import os
import sys
from pathlib import Path

MIB = int(os.environ["HOG_MIB"])
PAGE = os.sysconf("SC_PAGE_SIZE")


def faults() -> int:
    """Page faults of the whole machine since it booted."""
    lines = Path("/proc/vmstat").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("pgfault ")))


def press() -> None:
    """TODO: touch every page of MIB mebibytes."""
    memory = bytearray(MIB << 20)
    print(f"READY {os.getpid()}", flush=True)
    for offset in range(0, len(memory), PAGE):
        memory[offset] = 1


if sys.argv[1:] != ["press"]:
    sys.exit("usage: workload press")
before = faults()
press()
print(f"pgfault {faults() - before}")
