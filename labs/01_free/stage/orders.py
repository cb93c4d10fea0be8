#!/usr/bin/python3 -IS
"""Keeps today's orders: customers in anonymous memory, orders in a file on a tmpfs, which it has mapped.

CUSTOMERS and ORDERS in its environment: how much of each, MiB.
"""

import mmap
import os
import signal
import sys

MIB = 1 << 20
name = os.path.basename(sys.argv[0])
with open("/proc/self/comm", "w") as comm:
    comm.write(name)
# MAP_POPULATE has the kernel give every page at once, where each touch would be a fault of its own.
customers = mmap.mmap(
    -1, int(os.environ["CUSTOMERS"]) * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
)
size = int(os.environ["ORDERS"]) * MIB
file = os.open(f"/srv/spool/{name}/orders", os.O_RDWR | os.O_CREAT, 0o644)
os.write(file, b"one more order\n\n" * (size // 16))
orders = mmap.mmap(file, size, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE)
os.close(file)
with open("/run/important.pid", "w") as pid:
    pid.write(f"{os.getpid()}\n")
print("READY", os.getpid(), flush=True)
os.close(1)
while True:
    signal.pause()
