#!/usr/bin/python3 -IS
"""logbookd: keeps the logbook in memory. /etc/logbook.conf says how many entries, and how far apart they lie."""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import ctypes
import os

SOCKET = "/run/logbookd.sock"
KIB = 1 << 10
READ, WRITE = 1, 2  # PROT_*
PRIVATE, ANONYMOUS, NORESERVE = 2, 32, 0x4000  # MAP_*

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]

with open("/proc/self/comm", "w") as comm:
    comm.write("logbookd")
with open("/etc/logbook.conf") as file:
    conf = dict(line.split() for line in file if line.strip() and not line.startswith("#"))
entries, spacing = int(conf["entries"]), int(conf["spacing_kb"]) * KIB
if spacing < 4 * KIB:
    raise SystemExit("an entry needs 4 kB: spacing_kb is to be 4 or more")
book = libc.mmap(None, entries * spacing, READ | WRITE, PRIVATE | ANONYMOUS | NORESERVE, -1, 0)
if book == ctypes.c_void_p(-1).value:
    raise SystemExit(f"no room for {entries} entries: {os.strerror(ctypes.get_errno())}")
for number in range(entries):
    text = f"entry {number}: all is well.".encode()
    ctypes.memmove(book + number * spacing, text, len(text))

if os.path.exists(SOCKET):
    os.unlink(SOCKET)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(SOCKET)
listener.listen(8)
print(f"READY logbookd {os.getpid()}: {entries} entries", flush=True)
while True:
    fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(10)
        client.sendall(f"{book:#x} {spacing}\n".encode())
    except OSError as error:
        print("a client went away:", error, flush=True)
    client.close()
