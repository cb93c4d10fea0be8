#!/usr/bin/python3 -IS
"""One of the theatre's programs. What it asks the kernel for stands in /etc/theatre/NAME, one mapping a line.

memory MIB USED    private and writable; USED of it is written to
arena MIB USED     the same with MAP_NORESERVE
reserve MIB        address space without any access: a place to grow into
file MIB PATH      a file, to read
"""

import mmap
import os
import sys

MIB = 1 << 20
PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
NORESERVE = 0x4000  # MAP_NORESERVE, which this mmap module has no name for

name = os.path.basename(sys.argv[0])
with open("/proc/self/comm", "w") as comm:
    comm.write(name)
kept = []
with open(f"/etc/theatre/{name}") as wishes:
    for line in wishes:
        kind, size, *more = line.split()
        size = int(size) * MIB
        try:
            if kind == "reserve":
                kept.append(mmap.mmap(-1, size, flags=PRIVATE, prot=0))
            elif kind == "file":
                with open(more[0], "rb") as file:
                    kept.append(mmap.mmap(file.fileno(), size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ))
            else:
                kept.append(mmap.mmap(-1, size, flags=PRIVATE | (NORESERVE if kind == "arena" else 0)))
                kept[-1].write(b"\x5a" * (int(more[0]) * MIB))
        except OSError as error:
            sys.exit(f"{name}: {kind} of {size // MIB} MiB: {error.strerror}")
with open(f"/run/theatre/{name}.pid", "w") as file:
    file.write(str(os.getpid()))
print("READY", os.getpid(), flush=True)
os.read(os.pipe()[0], 1)  # nobody ever writes there
