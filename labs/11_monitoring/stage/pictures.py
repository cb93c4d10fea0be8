#!/usr/bin/python3 -IS
"""NAME WORKERS SHARED OWN: a parent and its WORKERS. All map the same SHARED MiB, each worker has OWN MiB beside it.

Where one of them ends, all do.
"""

import mmap
import os
import sys

POPULATE_READ = 22  # of madvise(2): map what is there already, which fork(2) leaves to each child
MIB = 1 << 20

workers, shared, own = (int(word) for word in sys.argv[1:])
pictures = mmap.mmap(-1, shared * MIB, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
ended, alive = os.pipe()  # its end is seen by who reads
said, ready = os.pipe()
for _ in range(workers):
    if not os.fork():
        os.close(alive)
        pictures.madvise(POPULATE_READ)
        pages = mmap.mmap(-1, own * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
        os.write(ready, b".")
        os.read(ended, 1)
        os._exit(0)
for _ in range(workers):
    os.read(said, 1)
print("READY", flush=True)
os.wait()
