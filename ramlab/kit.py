"""What the workloads of all labs share: how they say no, how they read, how they wait.

A workload says `from ramlab.kit import ...`, and no more of us. In the machine there is no ramlab: `staging.workload`
puts the text of this file in the place of that line. So: the standard library only, and of that only what starts fast.
"""

import sys
import time

ROOT = "/proc/1/root"  # the learner's: whoever asks may live in another mount namespace
MIB = 1 << 20
SIGKILL = 9  # the module signal takes longer to import than what is done with it; so does re
NOT_SO = 20  # exit status; not 1, with which Python ends when it stumbles
PATIENCE = 600  # seconds; a machine that thrashes under emulation needs minutes for what takes others seconds


class RefusedError(Exception):
    """The machine is not as the learner was to make it."""

    def __init__(self, seen, expected, then):
        super().__init__(f"seen {seen}; expected {expected}; next {then}")


def say(*words, sep=" "):
    """Print, at once."""
    print(*words, sep=sep, flush=True)


def read(path):
    """Give what a file holds, or nothing where there is none."""
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return ""


def write(path, text):
    """Make this the content of a file."""
    with open(path, "w") as file:
        file.write(text)


def number(path, name):
    """Give the number after a name at the beginning of a line: meminfo, vmstat, status, memory.events. Else 0."""
    for line in read(path).splitlines():
        words = line.split()
        if words[:1] in ([name], [f"{name}:"]):
            return int(words[1])
    return 0


def oom_kills():
    """Give the kernel's counter of OOM kills since boot."""
    return number("/proc/vmstat", "oom_kill")


def polling(seconds):
    """Go round until `seconds` are over: a deadline, not a measure."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.1)


def play(roles, usage, *, right=True):
    """Do what the command line asks for; say how it is used where nobody can tell what that is."""
    if not sys.argv[1:] or sys.argv[1] not in roles or not right:
        say(usage)
        sys.exit(2)
    try:
        roles[sys.argv[1]](*sys.argv[2:])
    except RefusedError as error:
        say(error)
        sys.exit(NOT_SO)
