#!/usr/bin/python3 -IS
"""reportgen MIB: a job that leaks. At its order five children leak in step, up to MIB, until one of them dies.

Then the job has failed and ends. It says READY when its children are there and it waits for the order.
"""

import os
import sys

ORDER = "/run/reportgen.order"  # a named pipe: whatever is written there is the order to begin
PID = "/run/reportgen.pid"
LAST = "/run/reportgen.last"  # what became of the last report
CHILDREN = 5
MIB = 1 << 20


def note(path, text):
    with open(path, "w") as file:
        file.write(text)


def leak(order, reply):
    """Be a child: leak one MiB for each byte of the order, and end where that ends."""
    kept = []
    while os.read(order, 1):
        kept.append(b"\x5a" * MIB)
        os.write(reply, b".")
    os._exit(0)


def born(family):
    """Start a child; its pid, and the ends of two pipes: one to have it leak, one to hear that it has."""
    order, give = os.pipe()
    heard, reply = os.pipe()
    pid = os.fork()
    if not pid:
        # What it kept open of the others would outlive them, and they it.
        for fd in (give, heard, *(fd for _, *ends in family for fd in ends)):
            os.close(fd)
        leak(order, reply)
    os.close(order)
    os.close(reply)
    return pid, give, heard


def obeyed(give, heard):
    try:
        os.write(give, b".")
        return os.read(heard, 1)
    except BrokenPipeError:
        return b""


note("/proc/self/comm", "reportgen")
family = []
for _ in range(CHILDREN):
    family.append(born(family))
if not os.path.exists(ORDER):
    os.mkfifo(ORDER)
note(PID, str(os.getpid()))
print("READY", os.getpid(), "children", *(pid for pid, *_ in family), flush=True)
order = ""
while not order:  # somebody may only have looked whether anyone is there
    with open(ORDER) as pipe:
        order = pipe.read()
note(LAST, "was at work")
for total in range(0, int(sys.argv[1]), CHILDREN):
    for pid, give, heard in family:
        if not obeyed(give, heard):
            _, status = os.waitpid(pid, 0)
            signal = os.WTERMSIG(status)
            how = f"was killed by signal {signal}" if signal else "ended, as memory was refused"
            note(LAST, f"lost a child after {total} MiB: it {how}")
            sys.exit(f"child {pid} {how}")  # the others end with their pipes
note(LAST, f"leaked {sys.argv[1]} MiB and nothing stopped it")
