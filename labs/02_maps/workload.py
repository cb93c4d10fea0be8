#!/usr/bin/python3 -IS
"""Drives the actors of lab 02, atlasd and pressd, which live in /usr/local/sbin. Standard library only.

workload damaged          ask atlasd at which address the damaged tile lies
workload order [all]      give pressd an order: 300 tiles and 6 sheets. Where are they? `all` tells all the addresses
workload clear            tell pressd that the order is printed: it frees the sheets
workload who NAME         which process answers as atlasd or pressd
workload restart NAME     kill atlasd or pressd, as a crash would, and wait for its supervisor

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import itertools
import os
import sys
import time

from ramlab.kit import PATIENCE, ROOT, SIGKILL, RefusedError, play, read, say

TILES, SHEETS = 300, 6
NAMES = (["atlasd"], ["pressd"])
KIB = 1 << 10


def ask(name, request):
    """Send a request to a daemon; give its pid, which the kernel knows, and its reply. Nobody's pid is 0."""
    connection, reply = _socket.socket(_socket.AF_UNIX), b""
    try:
        connection.settimeout(PATIENCE)
        connection.connect(f"{ROOT}/run/{name}.sock")
        connection.sendall(request.encode() + b"\n")
        while not reply.endswith(b"\n") and (more := connection.recv(1 << 16)):
            reply += more
        owner = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
    except OSError:
        return 0, ""
    finally:
        connection.close()
    return int.from_bytes(owner[:4], sys.byteorder), reply.decode(errors="replace").strip()


def must_answer(name, request):
    """Ask, and be patient: it may be about to start."""
    end = time.monotonic() + 60
    while True:
        pid, reply = ask(name, request)
        if reply:
            return pid, reply
        if time.monotonic() > end:
            raise RefusedError(
                f"nobody who answers on /run/{name}.sock",
                f"{name}, kept up by its supervisor",
                f"look with `sv status {name}` and in /var/log/{name}.log",
            )
        time.sleep(0.1)


def addresses(words):
    """Give the addresses that a daemon said, or none where they are none."""
    try:
        return [int(word, 16) for word in words]
    except ValueError:
        return []


def damaged():
    pid, reply = must_answer("atlasd", "damaged")
    if len(addresses(reply.split())) != 1:
        raise RefusedError(
            f"that who answers for atlasd (pid {pid}) says {reply!r}",
            "an address",
            "have /etc/sv/atlasd/run start /usr/local/sbin/atlasd, as it did",
        )
    say(f"atlasd {pid}: the tile at address {reply} is damaged")


def order(how=""):
    mark = os.urandom(4).hex()
    sizes = int(os.environ["TILE_KIB"]) * KIB, int(os.environ["SHEET_KIB"]) * KIB
    pid, reply = must_answer("pressd", f"order {mark}")
    found = addresses(reply.split())
    tiles = [(address, sizes[0]) for address in found[:TILES]]
    sheets = [(address, sizes[1]) for address in found[TILES:]]
    if (len(tiles), len(sheets)) != (TILES, SHEETS) or overlap(tiles + sheets) or not hold(pid, tiles + sheets, mark):
        raise RefusedError(
            f"that pressd (pid {pid}) does not hold {TILES} tiles and {SHEETS} sheets where it says",
            "the real one, that has the order's name in each of its buffers",
            "have /etc/sv/pressd/run start /usr/local/sbin/pressd TILE_KIB SHEET_KIB, with the numbers that were there",
        )
    say(f"READY pressd {pid} holds order {mark}, {TILES} tiles and {SHEETS} sheets")
    parts = heap(pid)
    for what, size, buffers in (("tiles", sizes[0], tiles), ("sheets", sizes[1], sheets)):
        inside = sum(any(address in part for part in parts) for address, _ in buffers)
        elsewhere = f"{len(buffers) - inside} elsewhere; the first at {buffers[0][0]:#x}"
        say(f"{what}, {size // KIB} KiB each: {inside} in [heap], {elsewhere}")
    if how == "all":
        say(*(f"{address:#x}" for address, _ in tiles))
        say(*(f"{address:#x}" for address, _ in sheets))


def overlap(buffers):
    buffers = sorted(buffers)
    return any(one + size > other for (one, size), (other, _) in itertools.pairwise(buffers))


def hold(pid, buffers, mark):
    """Tell whether each buffer has the mark at both ends. The kernel gives the memory, not the process."""
    mark = mark.encode()
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for address, size in buffers:
                for place in (address, address + size - len(mark)):
                    memory.seek(place)
                    if memory.read(len(mark)) != mark:
                        return False
    except (OSError, OverflowError):
        return False
    return True


def heap(pid):
    """Give the addresses that maps calls [heap]; it may have more than one line."""
    lines = (line for line in read(f"/proc/{pid}/maps").splitlines() if line.endswith("[heap]"))
    return [range(*addresses(line.split()[0].split("-"))) for line in lines]


def first(parts):
    return f"{parts[0].start:#x}" if parts else "none"


def anonymous_kb(pid):
    sums = read(f"/proc/{pid}/smaps_rollup").splitlines()
    return next((int(line.split()[1]) for line in sums if line.startswith("Anonymous:")), 0)


def clear():
    pid, _ = must_answer("pressd", "here")
    before = anonymous_kb(pid)
    must_answer("pressd", "clear")
    say(f"pressd {pid} has freed its sheets, and holds {before - anonymous_kb(pid)} kB less of anonymous memory")


def who(name):
    say(f"{name} {must_answer(name, 'here')[0]} answers")


def restart(name):
    pid, _ = must_answer(name, "here")
    if read(f"/proc/{pid}/stat").rpartition(")")[2].split()[1:2] == ["1"]:
        raise RefusedError(
            f"{name} (pid {pid}) with PID 1 for its parent",
            "a supervisor that starts it again when it dies",
            f"let runit run it: `sv status {name}`",
        )
    place = heap(pid)
    os.kill(pid, SIGKILL)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        now, _ = ask(name, "here")
        if now not in (0, pid):
            say(f"{name} {pid}, [heap] at {first(place)}, is {name} {now} now, [heap] at {first(heap(now))}")
            return
        time.sleep(0.1)
    raise RefusedError(
        f"no {name} {PATIENCE} s after pid {pid} was killed",
        "that its supervisor starts it again",
        f"look with `sv status {name}` and in /var/log/{name}.log",
    )


ROLES = {"damaged": damaged, "order": order, "clear": clear, "who": who, "restart": restart}
MORE = {"order": ([], ["all"]), "who": NAMES, "restart": NAMES}

play(ROLES, __doc__, right=sys.argv[2:] in MORE.get(sys.argv[1] if sys.argv[1:] else "", ([],)))
