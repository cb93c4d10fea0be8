#!/usr/bin/python3 -IS
"""NAME MIB: keeps the shop's catalogue in MIB of memory. That is much, and it stays so."""

import mmap
import sys
import time

# MAP_POPULATE has the kernel give every page at once, where each touch would be a fault of its own.
pages = mmap.mmap(-1, int(sys.argv[1]) << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
print("READY", flush=True)
while True:
    time.sleep(3600)
