#!/usr/bin/python3 -IS
"""pilotd: knows where the buoy is, and has a crew of five. /etc/pilot.conf says how its memory is laid out.

All six have the list of the watch at one address, as a fork gave it to them; three of the crew have written on it.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import ctypes
import os

SOCKET = "/run/pilotd.sock"
PAGE, PAGES = 4096, 2048
READ, WRITE = 1, 2  # PROT_*
PRIVATE, ANONYMOUS = 2, 32  # MAP_*

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]


def mapped(size, hint=None):
    """Map anonymous memory at the hint, if that is an address here and free; give the address."""
    address = libc.mmap(hint, size, READ | WRITE, PRIVATE | ANONYMOUS, -1, 0)
    if address == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return address


def say(text):
    with open("/proc/self/comm", "w") as comm:
        comm.write(text)


def keep_watch(name, writes):
    """Be one of the crew, until the pilot goes."""
    say(name)
    os.close(end[1])
    if writes:
        ctypes.memmove(watch, LIST, len(LIST))
    os.write(ready[1], b".")
    os.read(end[0], 1)
    os._exit(0)


say("pilotd")
with open("/etc/pilot.conf") as file:
    conf = {key: words for key, *words in map(str.split, file)}
chart, page, byte = (int(conf[key][0]) for key in ("chart", "page", "byte"))
# Above 47 bits where the page tables have five levels; where they have four, the kernel takes no notice of the hint.
buoy = mapped(PAGES * PAGE, chart << 48 | page << 21) + page * PAGE + byte
TEXT = f"BUOY-{os.urandom(3).hex()}.".encode()
ctypes.memmove(buoy, TEXT, len(TEXT))
watch = mapped(PAGE)
LIST = b"watch of tonight: " + " ".join(conf["mates"]).encode()
ctypes.memmove(watch, LIST, len(LIST))

end, ready = os.pipe(), os.pipe()
for number, mate in enumerate(conf["mates"], 1):
    if not os.fork():
        keep_watch(mate, str(number) in conf["writers"])
for _ in conf["mates"]:
    os.read(ready[0], 1)

if os.path.exists(SOCKET):
    os.unlink(SOCKET)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(SOCKET)
listener.listen(8)
print(f"READY pilotd {os.getpid()}", flush=True)
while True:
    fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(10)
        client.sendall(f"{buoy:#x} {watch:#x}\n".encode())
    except OSError as error:
        print("a client went away:", error, flush=True)
    client.close()
