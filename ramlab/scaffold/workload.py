"""TODO: what this does to memory, and why these sizes.

workload press    TODO: what it does, in a line

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import os

from ramlab.kit import MIB, RefusedError, number, play, say

PAGE = os.sysconf("SC_PAGE_SIZE")


def press():
    """TODO: touch every page of HOG_MIB mebibytes, and prove by the kernel's counter that it happened."""
    size = int(os.environ["HOG_MIB"]) * MIB
    before = number("/proc/vmstat", "pgfault")
    memory = bytearray(size)
    say("READY", os.getpid())
    for offset in range(0, size, PAGE):
        memory[offset] = 1
    faults = number("/proc/vmstat", "pgfault") - before
    if faults < size // PAGE:
        raise RefusedError(f"{faults} page faults", f"{size // PAGE} at least", "TODO: what to look at")
    say("VERDICT", faults, "page faults")


ROLES = {"press": press}

play(ROLES, __doc__)
