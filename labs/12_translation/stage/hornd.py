#!/usr/bin/python3 -IS
"""hornd MIB: sounds the fog horn from a buffer of so many MiB, which it fills when the alarm comes.

The environment's HORN_MEMORY says how it gets the buffer: lazy, read, write, on-fault or lock.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import ctypes
import os
import sys

SOCKET = "/run/horn/sock"
MIB, PAGE = 1 << 20, 4096
READ, WRITE = 1, 2  # PROT_*
PRIVATE, ANONYMOUS = 2, 32  # MAP_*
CURRENT, FUTURE, ONFAULT = 1, 2, 4  # MCL_*
NOHUGEPAGE, POPULATE_READ, POPULATE_WRITE = 15, 22, 23  # MADV_*

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]

with open("/proc/self/comm", "w") as comm:
    comm.write("hornd")
size = int(sys.argv[1]) * MIB
how = os.environ.get("HORN_MEMORY", "lazy")
buffer = libc.mmap(None, size, READ | WRITE, PRIVATE | ANONYMOUS, -1, 0)
libc.madvise(buffer, size, NOHUGEPAGE)
if how not in ("lazy", "read", "write", "on-fault", "lock"):
    print(f"HORN_MEMORY is {how!r}, which I do not know: lazy", flush=True)
elif how in ("read", "write"):
    libc.madvise(buffer, size, POPULATE_READ if how == "read" else POPULATE_WRITE)
elif how != "lazy" and libc.mlockall(CURRENT | FUTURE | (ONFAULT if how == "on-fault" else 0)):
    print(f"cannot lock memory: {os.strerror(ctypes.get_errno())}; I go on without", flush=True)

if os.path.exists(SOCKET):
    os.unlink(SOCKET)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(SOCKET)
listener.listen(8)
print(f"READY hornd {os.getpid()}", flush=True)
while True:
    fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(10)
        tone = client.recv(100).strip()
        if tone != b"here":
            for place in range(buffer, buffer + size, PAGE):
                ctypes.memmove(place, tone, len(tone))
        client.sendall(f"{buffer:#x} {size}\n".encode())
    except OSError as error:
        print("a client went away:", error, flush=True)
    client.close()
