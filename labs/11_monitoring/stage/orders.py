#!/usr/bin/python3 -IS
"""NAME SIZE BOUND: takes the shop's orders on /run/NAME.sock and keeps them in /var/lib/NAME/queue.

put TEXT        an order; it is on disk before it is acknowledged
show            the orders
live SECONDS    do at once what so many seconds would do to it

Each customer who looks in leaves a session of SIZE bytes, and no session is ever forgotten. When they fill BOUND
MiB their index overflows: it wipes the queue, and begins from nothing.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import os
import sys
import time

VISITS = 8  # in a second
NAME = os.path.basename(sys.argv[0])
SOCKET, QUEUE = f"/run/{NAME}.sock", f"/var/lib/{NAME}/queue"
SIZE, BOUND = int(sys.argv[1]), int(sys.argv[2]) << 20

clock = {"began": time.monotonic()}
sessions = []


def visit():
    """Take in the sessions that are due, by the clock: who was held up catches up."""
    due = int((time.monotonic() - clock["began"]) * VISITS) - len(sessions)
    sessions.extend(b"\x5a" * SIZE for _ in range(due))
    if len(sessions) * SIZE >= BOUND:
        os.truncate(QUEUE, 0)
        print(f"index overflow at {len(sessions)} sessions: queue wiped, starting over", flush=True)
        os.execv(sys.argv[0], sys.argv)  # noqa: S606 -- no shell is wanted


def answer(verb, text):
    if verb == "put":
        with open(QUEUE, "a") as queue:
            queue.write(text.replace("|", "/") + "\n")
    elif verb == "live":
        clock["began"] -= float(text)
        visit()
    with open(QUEUE) as queue:
        return "|".join([f"{NAME} is open", *queue.read().splitlines()[-100:]])


os.makedirs(os.path.dirname(QUEUE), exist_ok=True)
open(QUEUE, "a").close()
if os.path.exists(SOCKET):
    os.unlink(SOCKET)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(SOCKET)
listener.listen(8)
listener.settimeout(0.25)
print("READY", flush=True)
while True:
    visit()
    try:
        fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
    except TimeoutError:
        continue
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(10)
        verb, _, text = client.recv(1 << 16).decode(errors="replace").strip().partition(" ")
        client.sendall(answer(verb, text).encode() + b"\n")
    except (OSError, ValueError) as error:
        print("a client went away:", error, flush=True)
    client.close()
