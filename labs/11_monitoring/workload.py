#!/usr/bin/python3 -IS
"""Drives the service of lab 11 that takes the shop's orders. Standard library only.

workload orders      who takes the orders now, how much memory that holds, and what is in the queue
workload put TEXT    place an order
workload press       Friday's sale: weeks of customers in a minute, twice; is it restarted in time, and are orders lost?

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import os
import socket
import sys
import time

from ramlab.kit import PATIENCE, ROOT, RefusedError, play, read, say

NAME = os.environ.get("ORDERS", "")
SOCKET = f"{ROOT}/run/{NAME}.sock"
BOUND_KB = int(os.environ.get("BOUND_MIB", "0")) * 1024
ROOM_KB = 8 * 1024  # what it needs to be of use
LEAP = 0.6  # of the bound: so far it comes in an instant
WALK = 30  # steps from there to the bound
PAUSE = 0.25  # seconds between them: who looks every few seconds has to have a chance
STEP_KB = 1024
SLOWED = 6  # steps in a row that were throttled: then nobody is going to restart it for it


def ask(request):
    """Send a request; give who answers, (pid, start), and the lines, or (None, []) when nobody does."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(SOCKET)
            connection.sendall(request.encode() + b"\n")
            said = connection.makefile().readline()
            owner = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    except OSError:
        return None, []
    pid = int.from_bytes(owner[:4], sys.byteorder)
    # With the time of its start a pid is one process for ever.
    start = read(f"/proc/{pid}/stat").rpartition(")")[2].split()[19:20]
    return ((pid, *start), said.strip().split("|")) if said.endswith("\n") and start else (None, [])


def switched_off():
    """Tell whether runit was told to keep it down: byte 17 of a service's status, see runsv's source."""
    try:
        with open(f"{ROOT}/etc/sv/{NAME}/supervise/status", "rb") as file:
            return file.read()[17:18] == b"d"
    except OSError:
        return False


def must_answer(request):
    """Ask, and be patient: it may be about to start. If runit keeps it down, only somebody else could do that."""
    begun = time.monotonic()
    while time.monotonic() - begun < (5 if switched_off() else 120):
        who, lines = ask(request)
        if who:
            return who, lines
        time.sleep(0.1)
    raise RefusedError(
        f"nobody who answers on /run/{NAME}.sock",
        f"{NAME}, kept up by its supervisor",
        f"look with `sv status {NAME}` and in /var/log/{NAME}.log",
    )


def size_kb(pid):
    """Give the anonymous memory of a process, swap included. Exact, as the kernel counts pages for it on the spot."""
    sums = dict(line.split(":", 1) for line in read(f"/proc/{pid}/smaps_rollup").splitlines()[1:])
    return sum(int(sums[name].split()[0]) for name in ("Anonymous", "Swap") if name in sums)


def throttled(pid):
    """Give how often memory.high has held up the cgroup of a process."""
    path = read(f"/proc/{pid}/cgroup").strip().rpartition("::")[2]
    events = read(f"/sys/fs/cgroup{path}/memory.events").split()
    return int(events[events.index("high") + 1]) if "high" in events else 0


def stalled():
    """Give how long tasks have waited for memory since boot, in ms: /proc/pressure/memory."""
    return int(read("/proc/pressure/memory").split("\n")[0].rpartition("=")[2] or 0) // 1000


def pace():
    """Give who answers, and its leak in kB per second that it lives: by the kernel's counts and its own clock."""
    for _ in range(5):
        who, _ = must_answer("live 0")  # it has caught up with the clock now
        then, before = time.monotonic(), size_kb(who[0])
        now, _ = ask("live 40")
        lived, grown = 40 + time.monotonic() - then, size_kb(who[0]) - before
        if now == who and grown > 0:
            return who, grown / lived
        if now == who:
            break
        # else it was restarted meanwhile
    raise RefusedError(
        f"that {NAME} (pid {who[0]}) holds no more memory than before, after 40 s of customers",
        "the service as it was: its leak is to be found and contained, not hidden",
        f"have /etc/sv/{NAME}/run start /usr/local/sbin/{NAME}, as it did",
    )


def measure():
    who, leak = pace()
    say(f"READY {NAME} {who[0]}")
    say(f"MEASURED {read(f'/proc/{who[0]}/comm').strip()} {leak * 60 / 1024:.3f}")


def sale(number):
    """Have it leak to its bound, and give the size that it had when it was restarted."""
    who, _ = must_answer("show")
    size = size_kb(who[0])
    say(f"READY round {number}: {NAME} (pid {who[0]}) holds {size} kB; it may not come to {BOUND_KB}")
    leak, held, steps, walk_kb = 0.0, 0, 0, int(BOUND_KB * (1 - LEAP) / WALK)
    while size < BOUND_KB:
        walks = size >= BOUND_KB * LEAP
        if walks:
            time.sleep(PAUSE)  # the pace of the load; nobody is waited for
        before = throttled(who[0])
        now, _ = ask(f"live {(walk_kb if walks else STEP_KB) / leak if leak else 10:.2f}")
        grown = size_kb(who[0]) - size if now == who else 0
        if now != who or grown < -size / 2:  # another one, nobody, or itself begun anew
            return size
        steps += 1
        if not leak:
            leak = grown / 10
            if leak <= 1:
                pace()  # complains
        size += grown
        held = held + 1 if throttled(who[0]) > before else 0
        if held >= SLOWED:
            raise RefusedError(
                f"{NAME} (pid {who[0]}) at {size} kB, alive, and throttled by memory.high at each step",
                "that it is restarted: slowed down it serves nobody, and leaks on",
                "see memory.high and memory.max in the kernel's cgroup-v2 document",
            )
        if steps > BOUND_KB // walk_kb + 2 * WALK:
            raise RefusedError(
                f"that {NAME} (pid {who[0]}) holds {size} kB after {steps} steps, and does not come to its bound",
                "the service as it was: its leak is to be contained, not hidden",
                f"have /etc/sv/{NAME}/run start /usr/local/sbin/{NAME}, as it did",
            )
    raise RefusedError(
        f"{NAME} (pid {who[0]}) with {size} kB, and nobody has restarted it{' this time' if number > 1 else ''}",
        f"that it is restarted before it holds {BOUND_KB} kB, each one that its supervisor starts",
        f"have something bound it that begins with each start: look at /etc/sv/{NAME}/run",
    )


def press():
    # It only watches: who measures must not be what is measured.
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")
    mark = f"tea for {os.urandom(4).hex()}"
    with open("/dev/kmsg", "w") as log:
        log.write("workload: the sale begins; what is killed from here on is its doing\n")
    must_answer(f"put {mark}")
    waited = stalled()
    for number in (1, 2):
        size = sale(number)
        who, lines = must_answer("show")
        say(f"RESTARTED at {size} kB; {who[0]} answers now; {len(lines) - 1} orders in the queue")
        if mark not in lines:
            raise RefusedError(
                f"a queue without the order '{mark}' that was acknowledged",
                "that it is restarted before its index overflows",
                f"look in /var/log/{NAME}.log",
            )
        if size < ROOM_KB:
            raise RefusedError(
                f"that {NAME} was ended with {size} kB already",
                f"that it has room to work: {2 * ROOM_KB // 1024} MB, or more",
                "raise the limit: what is restarted all the time serves nobody",
            )
    say(f"VERDICT restarted in time, and no order is lost; memory was waited for {stalled() - waited} ms in all")


def orders():
    who, lines = must_answer("show")
    say(f"{NAME} (pid {who[0]}) holds {size_kb(who[0])} kB of anonymous memory; its queue:")
    say("\n".join(f"  {line}" for line in lines[1:]) or "  (empty)")


def put(*words):
    who, lines = must_answer(f"put {' '.join(words)}")
    say(f"{NAME} (pid {who[0]}) has {len(lines) - 1} orders in its queue")


ROLES = {"orders": orders, "put": put, "press": press, "measure": measure}

play(ROLES, __doc__)
