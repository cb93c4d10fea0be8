#!/usr/bin/python3 -IS
"""NAME: has pictures in memory, and adds more as they are asked for, until it has enough of them."""

import mmap
import os
import sys
import time

FIRST_MIB, MOST_MIB = 20, 44
MIB = 1 << 20

with open("/proc/self/comm", "w") as comm:
    comm.write(os.path.basename(sys.argv[0]))
# MAP_POPULATE has the kernel give every page at once, where each touch would be a fault of its own.
first = mmap.mmap(-1, FIRST_MIB * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
added = []
print("READY", flush=True)
while True:
    time.sleep(5)
    if len(added) < MOST_MIB - FIRST_MIB:
        added.append(b"\x5a" * MIB)
