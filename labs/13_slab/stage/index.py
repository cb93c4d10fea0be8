#!/usr/bin/python3 -IS
"""NAME: knows each file of the library in /srv/library, and looks every 20 seconds whether one has changed.

On /run/NAME.sock it takes: new (a volume is added: some files, which it looks at once), read (it reads the scans).
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import os
import select
import sys
import time

FILES = 1000  # in a volume
SCANS = "/srv/library/scans"
SCANS_BYTES = 24 << 20
PERIOD = 20  # seconds

name = os.path.basename(sys.argv[0])


def volumes():
    return sorted(int(one) for one in os.listdir("/srv/library") if one.isdecimal())


def new():
    number = max(volumes(), default=0) + 1
    place = f"/srv/library/{number}"
    os.mkdir(place)
    folder = os.open(place, os.O_RDONLY)
    for page in range(FILES):
        os.mknod(f"page{page:04}", 0o100644, dir_fd=folder)
    os.close(folder)
    look()
    return f"volume {number} has {FILES} files"


def look():
    """Look at all files of the last volume."""
    with os.scandir(f"/srv/library/{volumes()[-1]}") as entries:
        return sum(entry.stat().st_nlink for entry in entries)


def read():
    scans, piece, count = os.open(SCANS, os.O_RDONLY), bytearray(1 << 20), 0
    while got := os.readv(scans, [piece]):
        count += got
    os.close(scans)
    return f"{count} bytes"


with open("/proc/self/comm", "w") as comm:
    comm.write(name)
os.makedirs("/srv/library", exist_ok=True)
if not os.path.exists(SCANS):
    scans = os.open(SCANS, os.O_RDWR | os.O_CREAT, 0o644)
    os.posix_fallocate(scans, 0, SCANS_BYTES)  # nothing is written: it reads as zeros
    os.close(scans)
if volumes():
    look()
else:
    new()
path = f"/run/{name}.sock"
if os.path.exists(path):
    os.unlink(path)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(path)
listener.listen(8)
print("READY", flush=True)
due = time.monotonic() + PERIOD
while True:
    if select.select([listener], [], [], max(0, due - time.monotonic()))[0]:
        fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
        client = _socket.socket(fileno=fd)
        try:
            client.settimeout(10)
            verb = client.recv(4096).decode(errors="replace").strip()
            client.sendall((new() if verb == "new" else read()).encode() + b"\n")
        except OSError as error:
            print("cannot serve:", error, flush=True)
        client.close()
    if time.monotonic() >= due:
        look()
        due = time.monotonic() + PERIOD
