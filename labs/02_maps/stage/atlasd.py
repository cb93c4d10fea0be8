#!/usr/bin/python3 -IS
"""atlasd: answers on a socket where the tile lies that it found damaged. /etc/atlas.conf says what it maps.

It says READY when all is mapped and its three painters have painted.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import ctypes
import os

SOCKET = "/run/atlasd.sock"
FILES = "/srv/atlas"
LIBRARIES = "/opt/atlas/lib"
PAINTERS = 3
KIB, MIB, PAGE = 1 << 10, 1 << 20, 4096
WINDOW = 2 * MIB
READ, WRITE = 1, 2  # PROT_*
SHARED, PRIVATE, ANONYMOUS = 1, 2, 32  # MAP_*
POPULATE_READ, POPULATE_WRITE = 22, 23  # MADV_*: all pages by one call, where each touch would be a fault
NO_HUGE_PAGES = 41  # PR_SET_THP_DISABLE: man 2 prctl

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = libc.malloc.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.malloc.argtypes = [ctypes.c_size_t]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def checked(result):
    if result in (-1, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def mapped(size, protection, flags, path="", offset=0):
    """Map a part of a file, or anonymous memory where there is no path; give the address."""
    fd = os.open(path, os.O_RDWR) if path else -1
    flags |= 0 if path else ANONYMOUS
    address = checked(libc.mmap(None, size, protection, flags, fd, offset))
    if path:
        os.close(fd)  # a mapping does not need it any more
    return address


def touch(address, size, how):
    checked(libc.madvise(address, size, how))


def say(text):
    with open("/proc/self/comm", "w") as comm:
        comm.write(text)


def paint():
    """Be a painter: write to a part of what the parent has, and wait for its end."""
    say("painter")
    os.close(end[1])  # when the parent goes, the pipe ends, and so do the painters
    touch(canvas, painted, POPULATE_WRITE)
    touch(layer, 2 * MIB, POPULATE_READ)
    os.write(ready[1], b".")
    os.read(end[0], 1)
    os._exit(0)


say("atlasd")
# Where the kernel has huge pages (on 512 MB or more), khugepaged would later make private again what is shared.
libc.prctl(NO_HUGE_PAGES, 1, 0, 0, 0)
with open("/etc/atlas.conf") as file:
    conf = {key: words for key, *words in map(str.split, file)}
code, data = (f"{LIBRARIES}/lib{name}.so" for name in conf["libraries"])
ctypes.CDLL(code)
touch(mapped(os.path.getsize(data), READ, PRIVATE, data), PAGE, POPULATE_READ)

# The heap: blocks of some kB come from it, and malloc writes a note of its own before each of them.
names = [libc.malloc(4000) for _ in range(int(conf["names_kib"][0]) * KIB // 4016)]
# Anonymous memory, more than what is in it.
size, filled, later, painted = (int(word) * MIB for word in conf["canvas_mib"])
canvas = mapped(size, READ | WRITE, PRIVATE)
touch(canvas, filled, POPULATE_WRITE)
# Two files are only read, and of each only a window is mapped; two are written to, each in its own way.
for name, start in zip(conf["sheets"], conf["windows_kib"], strict=True):
    offset = int(start) * KIB
    window = mapped(WINDOW, READ, PRIVATE, f"{FILES}/{name}.map", offset)
    touch(window, WINDOW, POPULATE_READ)
damaged = window + int(conf["lot"][0]) * 40503 % WINDOW
for name, flags in zip(conf["layers"], (PRIVATE, SHARED), strict=True):
    layer = mapped(3 * MIB, READ | WRITE, flags, f"{FILES}/{name}.map")
    touch(layer, 2 * MIB, POPULATE_WRITE)

end, ready = os.pipe(), os.pipe()
for _ in range(PAINTERS):
    if not os.fork():
        paint()
for _ in range(PAINTERS):
    os.read(ready[0], 1)
touch(canvas + filled, later, POPULATE_WRITE)

if os.path.exists(SOCKET):
    os.unlink(SOCKET)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(SOCKET)
listener.listen(8)
print(f"READY atlasd {os.getpid()}: the tile at address {damaged:#x} is damaged", flush=True)
while True:
    fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(10)
        client.sendall(f"{damaged:#x}\n".encode())
    except OSError as error:
        print("a client went away:", error, flush=True)
    client.close()
