#!/usr/bin/python3 -IS
"""shopd FILE: the shop's database, the part of it that reads. At the word `read` on its socket it reads FILE once.

As databases do, with read(2) through the page cache. It says READY when it listens.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import os
import sys

SOCKET = "/run/shopd.sock"

with open("/proc/self/comm", "w") as comm:
    comm.write("shopd")
if os.path.exists(SOCKET):
    os.unlink(SOCKET)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(SOCKET)
listener.listen(8)
print("READY", os.getpid(), flush=True)
while True:
    fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(10)
        total = 0
        if client.recv(64).strip() == b"read":
            catalogue = os.open(sys.argv[1], os.O_RDONLY)
            while piece := os.read(catalogue, 1 << 18):
                total += len(piece)
            os.close(catalogue)
        client.sendall(f"{os.getpid()} has read {total}\n".encode())
    except OSError as error:
        print("a client went away:", error, flush=True)
    client.close()
