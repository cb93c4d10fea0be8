#!/usr/bin/python3 -IS
"""household DEEP WIDE SHELF FILE: the services of an archive, at night: idle, and mostly in swap.

Each lives in a cgroup of its own name, and the OOM killer chooses it last. Says who they are, one a line, when all
is as it should be: name, pid, when it began in ticks since boot, and how many MiB it holds. Then they live on alone.
"""

import mmap
import os
import sys

MIB = 1 << 20
LEFT_MIB = 26  # what scand leaves to everybody else
MAP_LOCKED = 0x2000
PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
CGROUPS = "/sys/fs/cgroup"
# Not zeros: since 6.12 the kernel writes pages of zeros nowhere, it only notes that they were.
PAGES = b"\x5a" * MIB


def note(path, text):
    with open(path, "w") as file:
        file.write(text)


def swapped_mib(name):
    with open(f"{CGROUPS}/{name}/memory.swap.current") as file:
        return int(file.read()) // MIB


def swap_out(name, mib):
    """Have the kernel swap out until so much of the cgroup is in swap."""
    for _ in range(50):
        missing = mib - swapped_mib(name)
        if missing <= 0:
            return
        try:
            note(f"{CGROUPS}/{name}/memory.reclaim", f"{missing}M")
        except OSError:  # EAGAIN: not all of it
            continue
    sys.exit(f"only {swapped_mib(name)} of {mib} MiB of {name} could be swapped out")


def become(name):
    """Take a name, and the cgroup of that name."""
    os.makedirs(f"{CGROUPS}/{name}", exist_ok=True)
    note(f"{CGROUPS}/{name}/cgroup.procs", "0")
    note("/proc/self/comm", name)
    note("/proc/self/oom_score_adj", "-900")


def service(name, mib, prepare):
    """Start a service that holds so much, and wait until it does."""
    ready, tell = os.pipe()
    if not os.fork():
        become(name)
        kept = prepare(mib)
        with open("/proc/self/stat") as stat:
            began = stat.read().rpartition(")")[2].split()[19]
        os.write(tell, f"{name} {os.getpid()} {began} {mib}\n".encode())
        null = os.open("/dev/null", os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        nothing, keep = os.pipe()
        while True:
            os.read(nothing, 1)
            del kept, keep  # never reached: the read has no end
    os.close(tell)
    said = os.read(ready, 100).decode()
    if not said:
        sys.exit(f"{name} ended while it was starting")
    os.close(ready)
    return said


def filled(mib):
    pages = mmap.mmap(-1, mib * MIB, flags=PRIVATE)
    for at in range(mib):
        pages[at * MIB : (at + 1) * MIB] = PAGES
    return pages


def filled_beside(path, mib_of_file):
    """Hold anonymous memory, and write a file into a tmpfs: whoever writes it first, in whose cgroup it counts."""

    def prepare(mib):
        with open(path, "wb", buffering=0) as file:
            file.writelines(PAGES for _ in range(mib_of_file))
        return filled(mib)

    return prepare


def locked(mib):
    """Hold memory that is never swapped: the kernel gives it at once and keeps it where it is."""
    return mmap.mmap(-1, mib * MIB, flags=PRIVATE | MAP_LOCKED)


def available_mib():
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("MemAvailable"))


deep, wide, shelf, path = sys.argv[1:]
os.setsid()
# Whatever else the kernel swaps out of them later: deep has more in swap than wide holds at all, and the cgroup of
# shelf more than that of deep.
said = service(deep, 17, filled)
swap_out(deep, 16)
said += service(wide, 12, filled)
swap_out(wide, 8)
said += service(shelf, 6, filled_beside(path, 18))
swap_out(shelf, 23)
said += service("scand", max(available_mib() - LEFT_MIB, 1), locked)
print(said, end="")
