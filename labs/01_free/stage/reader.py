#!/usr/bin/python3 -IS
"""Has read a piece of its archive, and keeps the beginning of it mapped, as its index.

PIECE and INDEX in its environment: how large each is, MiB.
"""

import mmap
import os
import signal
import sys

MIB = 1 << 20
name = os.path.basename(sys.argv[0])
with open("/proc/self/comm", "w") as comm:
    comm.write(name)
file = os.open(f"/srv/{name}/archive", os.O_RDONLY)
os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)  # no more than what is asked for
piece = bytearray(MIB)  # one for all: each new one would cost page faults of its own
for _ in range(int(os.environ["PIECE"])):
    os.readv(file, [piece])
index = mmap.mmap(file, int(os.environ["INDEX"]) * MIB, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, prot=mmap.PROT_READ)
os.close(file)
print("READY", os.getpid(), flush=True)
os.close(1)
while True:
    signal.pause()
