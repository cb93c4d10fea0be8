#!/usr/bin/python3 -IS
"""Drives the programs of lab 14. Standard library only.

On the first machine:
workload frame PID ADDRESS   which page frame is behind an address (hexadecimal, as in the list of buffers)
workload ring                ask the ring how many frames it has locked, and whether they are as they were
workload morning             what a boot sets, then the ring anew, then the pool of 2 MiB pieces: is it filled?

On the machine of 32 bits:
workload hold NAME           have a program of the harbour take its memory
workload release NAME        have it give that back

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import os
import socket
import sys

from ramlab.boots import applied, files_of_a_boot
from ramlab.kit import PATIENCE, ROOT, RefusedError, number, play, polling, read, say, write

RING = os.environ.get("RING", "")
POOL = int(os.environ.get("POOL", "0"))  # pieces of 2 MiB that the scanner wants
PAGES = "/proc/sys/vm/nr_hugepages"
PASSES = 5
ORDER = 9  # of a piece of 2 MiB


def ask(name, request):
    """Send a request; give the words of the reply."""
    for _ in polling(10):
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(PATIENCE)
                connection.connect(f"{ROOT}/run/{name}.sock")
                connection.sendall(request.encode() + b"\n")
                words = connection.makefile().readline().split()
        except OSError:
            continue
        if words:
            return words
    raise RefusedError(
        f"nobody who answers on /run/{name}.sock",
        f"{name}, at work: nothing was to be ended",
        f"there is no way to bring it back but a fresh machine: ramlab reset {os.environ.get('LAB', '14')[:2]}",
    )


def ring_state(request):
    """Give the ring's pid, how many frames it has, and how many it had before; they have to be as they were."""
    pid, frames, state, *earlier = ask(RING, request)
    if state != "whole":
        raise RefusedError(f"that frames of {RING} are {state}", "what it had written", "start afresh: ramlab reset")
    return int(pid), int(frames), earlier


def ring():
    pid, frames, earlier = ring_state("show")
    before = f"; on earlier mornings {', '.join(earlier)}" if earlier else ""
    say(f"{RING} {pid} has {frames} frames, all whole{before}")


def pieces():
    """Give how many free pieces of 2 MiB the zones DMA32 and Movable have."""
    found = {}
    for line in read("/proc/buddyinfo").splitlines():
        words = line.replace(",", "").split()
        found[words[3]] = sum(int(count) << size for size, count in enumerate(words[4 + ORDER :]))
    return found["DMA32"], found["Movable"]


def morning():
    before = number("/proc/meminfo", "HugePages_Total")
    unknown = applied(files_of_a_boot())
    if unknown:
        say(f"unknown to this kernel: {', '.join(unknown)}")
    os.sync()
    write("/proc/sys/vm/drop_caches", "3")  # after a boot it is empty as well
    pid, frames, _ = ring_state("renew")
    say(f"READY {RING} (pid {pid}) has begun anew, with {frames} frames; pieces in DMA32, Movable: {pieces()}")
    for _ in range(PASSES):  # what one has moved makes room for the next
        moved, there = number("/proc/vmstat", "pgmigrate_success"), pieces()
        write("/proc/sys/vm/compact_memory", "1")
        moved = number("/proc/vmstat", "pgmigrate_success") - moved
        say(f"compacted: {moved} pages moved; pieces now: {pieces()}")
        if pieces() == there:
            break
    total = number("/proc/meminfo", "HugePages_Total")
    write(PAGES, str(max(POOL, total)))
    had = number("/proc/meminfo", "HugePages_Free")
    write(PAGES, str(before))
    _, now, _ = ring_state("show")
    say(f"MORNING {had} pieces of 2 MiB in the pool; {RING} has {now} frames")
    if had < POOL:
        raise RefusedError(
            f"{had} pieces of 2 MiB, and no more were to be had",
            f"{POOL}, from what is free when {RING} has its frames",
            "memory is free: see /proc/buddyinfo. What does compaction pass by, and who tells it to, at each boot?",
        )
    say("VERDICT the pool is filled, and the ring has its frames")


def frame(pid, address):
    try:
        with open(f"/proc/{int(pid)}/pagemap", "rb", 0) as pagemap:
            pagemap.seek(int(address, 16) // 4096 * 8)
            entry = int.from_bytes(pagemap.read(8), "little")
    except (OSError, ValueError) as error:
        sys.exit(f"workload frame PID ADDRESS: {error}")
    if not entry >> 63:
        sys.exit("no page is there")
    say(f"page frame {entry & (1 << 55) - 1}")


def hold(name):
    say(name, *ask(name, "hold"))


def release(name):
    say(name, *ask(name, "release"))


ROLES = {"frame": frame, "ring": ring, "morning": morning, "hold": hold, "release": release}
WORDS = {"frame": 4, "hold": 3, "release": 3}

play(ROLES, __doc__, right=len(sys.argv) == WORDS.get(*sys.argv[1:2], 2))
