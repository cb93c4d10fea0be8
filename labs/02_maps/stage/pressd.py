#!/usr/bin/python3 -IS
"""pressd TILE_KIB SHEET_KIB: prints maps. Of the C library's malloc it takes 300 tiles and 6 sheets for each order.

An order stays in memory until it is cleared: then the sheets are freed, and the tiles with the next order.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import ctypes
import os
import sys

SOCKET = "/run/pressd.sock"
KIB = 1 << 10
TILES, SHEETS = 300, 6

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
tile, sheet = (int(word) * KIB for word in sys.argv[1:3])


def buffers(count, size):
    return [libc.malloc(size) for _ in range(count)]


def clear(addresses):
    while addresses:
        libc.free(addresses.pop())


def mark(address, size, order):
    """Write the order's name to both ends of a buffer."""
    ctypes.memmove(address, order, len(order))
    ctypes.memmove(address + size - len(order), order, len(order))


def take(order):
    """Take the memory of an order: sheets between tiles, as an order comes with sheets in the midst of it."""
    clear(sheets)
    clear(tiles)
    tiles.extend(buffers(TILES - 1, tile))
    sheets.extend(buffers(SHEETS, sheet))
    tiles.extend(buffers(1, tile))
    for address in tiles:
        mark(address, tile, order)
    for address in sheets:
        ctypes.memset(address, 1, sheet)
        mark(address, sheet, order)
    return " ".join(f"{address:#x}" for address in tiles + sheets)


with open("/proc/self/comm", "w") as comm:
    comm.write("pressd")
tiles, sheets = [], []
clear(buffers(1, sheet))  # the day's proof: one sheet, taken and given back
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
        verb, _, order = client.recv(4096).strip().partition(b" ")
        if verb == b"order":
            client.sendall(take(order).encode() + b"\n")
        elif verb == b"clear":
            clear(sheets)
            client.sendall(b"cleared\n")
        else:
            client.sendall(b"here\n")
    except OSError as error:
        print("a client went away:", error, flush=True)
    client.close()
