#!/usr/bin/python3 -IS
"""NAME: hands out the certificates in /var/lib/NAME/store. Its settings are in /etc/NAME.conf; SIGHUP has it read them.

On /run/NAME.sock it takes: get FILE, rounds NUMBER. Every two seconds it renews what is about to end: a round.
How long the way to the store is decides how it renews. A disk of this machine is asked again each time; what lies far
away, in the network, is copied first.
"""

import _signal
import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import os
import select
import sys
import time

NAMES = 100
LENGTH = 60
FIRST = 20000  # when it starts it wants to know for sure
PERIOD = 2  # seconds

name = os.path.basename(sys.argv[0])
store = f"/var/lib/{name}/store"
settings, done, serial = {}, 0, 0
unique = f".{os.urandom(4).hex()}_nobody_has_this_name_"


def read_settings(*_):
    with open(f"/etc/{name}.conf") as file:
        lines = [line.partition("=") for line in file if "=" in line and not line.startswith("#")]
    settings.update({key.strip(): value.strip() for key, _, value in lines})
    if done:
        print("read again: distance is", settings.get("distance"), flush=True)


def measure(count):
    """Say how long it takes to ask for a name. For one that nobody has, each time: no cache can know the answer."""
    global serial  # noqa: PLW0603 -- a program of one page
    folder, begun = os.open(store, os.O_RDONLY | os.O_DIRECTORY), time.monotonic()
    width = LENGTH - len(unique)
    for number in range(serial, serial + count):
        os.access(f"{unique}{number:0{width}}", os.F_OK, dir_fd=folder)
    serial += count
    os.close(folder)
    return (time.monotonic() - begun) / count


def renew(count):
    global done  # noqa: PLW0603
    try:
        if settings.get("distance") == "auto":
            measure(count)
        done += 1
    except OSError as error:
        print("cannot renew:", error, flush=True)


def reply(request):
    verb, _, what = request.partition(" ")
    if verb == "rounds":
        for _ in range(int(what)):
            renew(NAMES)
        return str(done)
    with open(f"{store}/{os.path.basename(what)}") as file:
        return file.read().strip()


with open("/proc/self/comm", "w") as comm:
    comm.write(name)
os.makedirs(store, exist_ok=True)
read_settings()
_signal.signal(_signal.SIGHUP, read_settings)
renew(FIRST)
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
            client.sendall(reply(client.recv(4096).decode(errors="replace").strip()).encode() + b"\n")
        except (OSError, ValueError) as error:
            print("cannot serve:", error, flush=True)
        client.close()
    if time.monotonic() >= due:
        renew(NAMES)
        due = time.monotonic() + PERIOD
