#!/usr/bin/python3 -IS
"""NAME [pair] [take KB] [map FILE]: a tenant's service, which does what it is told on /run/NAME.sock.

take KB    take so much anonymous memory more, page by page, and keep it
drop       give back all that was taken
read FILE  read a file once, through the page cache
map FILE   map a file, touch each page of it, and keep it mapped
show       nothing of all this

Each is answered by a line. With `pair` it has a helper, a child that waits. It says READY when it listens; what else
stands on its command line is done after that.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import mmap
import os
import sys

KB = 1024
PIECE = b"\x5a" * (64 * KB)
name = sys.argv[0].rpartition("/")[2]
place = f"/run/{name}.sock"
kept = []


def obey(verb, what=""):
    if verb == "take":
        size = int(what) * KB
        kept.append(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
        for begin in range(0, size, len(PIECE)):
            end = min(size, begin + len(PIECE))
            kept[-1][begin:end] = PIECE[: end - begin]
    elif verb == "drop":
        kept.clear()
    elif verb == "map":
        with open(what, "rb") as file:
            kept.append(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
        sum(kept[-1][begin] for begin in range(0, len(kept[-1]), 4 * KB))
    elif verb == "read":
        file = os.open(what, os.O_RDONLY)
        while os.read(file, 256 * KB):
            pass
        os.close(file)
    return f"{name} {os.getpid()} has done: {verb} {what}".rstrip()


with open("/proc/self/comm", "w") as comm:
    comm.write(name)
words = sys.argv[1:]
if words[:1] == ["pair"]:
    del words[0]
    never = os.pipe()
    if not os.fork():
        os.read(never[0], 1)  # both ends stay open in here: it waits until it is killed
if os.path.exists(place):
    os.unlink(place)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(place)
listener.listen(8)
print("READY", os.getpid(), flush=True)
for verb, what in zip(words[::2], words[1::2], strict=True):
    print(obey(verb, what), flush=True)
while True:
    fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(10)
        asked = client.recv(1 << 12).decode(errors="replace").split()
        client.sendall(f"{obey(*asked[:2])}\n".encode() if asked else b"\n")
    except (OSError, ValueError) as error:
        print("a client's wish was not granted:", error, flush=True)
    client.close()
