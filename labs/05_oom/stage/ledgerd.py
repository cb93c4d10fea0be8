#!/usr/bin/python3 -IS
"""ledgerd MIB: keeps the day's ledger in MIB of memory, and answers on a socket: show, add LINE, load LEDGER.

A new ledgerd begins with an empty ledger. It says READY when it holds its pages and listens.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import mmap
import os
import sys

SOCKET = "/run/ledgerd.sock"
MIB = 1 << 20

with open("/proc/self/comm", "w") as comm:
    comm.write("ledgerd")
# MAP_POPULATE has the kernel give every page at once, where each touch would be a fault of its own.
pages = mmap.mmap(-1, int(sys.argv[1]) * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
ledger = [f"ledger {os.urandom(4).hex()} of {len(pages) // MIB} MiB"]
if os.path.exists(SOCKET):
    os.unlink(SOCKET)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(SOCKET)
listener.listen(8)
print("READY", os.getpid(), ledger[0], flush=True)
while True:
    fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(10)
        verb, _, text = client.recv(1 << 16).decode(errors="replace").strip().partition(" ")
        if verb == "add":
            ledger.append(text.replace("|", "/"))
        elif verb == "load":
            ledger = text.split("|")
        client.sendall("|".join(ledger).encode() + b"\n")
    except OSError as error:
        print("a client went away:", error, flush=True)
    client.close()
