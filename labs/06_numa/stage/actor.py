#!/usr/bin/python3 -IS
"""NAME MIB [cpu=N] [segment=PATH]: keeps MIB of memory, and answers on a socket.

cpu=N         when all is loaded it goes to CPU N, by itself
segment=PATH  what it keeps is a shared segment: a file of a tmpfs, made anew at each start

Requests: show; more MIB (takes more); less (gives back what it took last). It says READY when all is in place.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import mmap
import os
import sys

MIB = 1 << 20


def memory(mib, path=""):
    """Give so much memory, each page of it touched: MAP_POPULATE has the kernel do that at once."""
    if not path:
        return mmap.mmap(-1, mib * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
    if os.path.exists(path):
        os.unlink(path)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    os.ftruncate(file, mib * MIB)
    return mmap.mmap(file, mib * MIB, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE)


name = os.path.basename(sys.argv[0])
with open("/proc/self/comm", "w") as comm:
    comm.write(name)
mib, *options = sys.argv[1:]
options = dict(option.split("=", 1) for option in options)
blocks = [memory(int(mib), options.get("segment", ""))]
if "cpu" in options:
    os.sched_setaffinity(0, {int(options["cpu"])})
path = f"/run/tram/{name}.sock"
if os.path.exists(path):
    os.unlink(path)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(path)
listener.listen(8)
print("READY", os.getpid(), flush=True)
while True:
    fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(10)
        verb, _, size = client.recv(4096).decode(errors="replace").strip().partition(" ")
        if verb == "more" and len(blocks) < 4:
            blocks.append(memory(int(size)))
        elif verb == "less" and len(blocks) > 1:
            blocks.pop().close()
        client.sendall(f"{sum(len(block) for block in blocks) // MIB} MiB\n".encode())
    except (OSError, ValueError) as error:
        print("a client went away:", error, flush=True)
    client.close()
