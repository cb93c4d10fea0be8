#!/usr/bin/python3 -IS
"""Drives the actors of lab 05, ledgerd and reportgen, which live in /usr/local/sbin. Standard library only.

workload ledger      ask ledgerd for its ledger
workload add LINE    write a line into the ledger
workload press       have reportgen leak; did the OOM killer come, and is the ledger still there?
workload crash       kill ledgerd, wait for its supervisor, give it its ledger back

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import os
import socket
import sys

from ramlab.kit import PATIENCE, ROOT, SIGKILL, RefusedError, oom_kills, play, polling, read, say

SOCKET = f"{ROOT}/run/ledgerd.sock"
ORDER = f"{ROOT}/run/reportgen.order"
PID = f"{ROOT}/run/reportgen.pid"
LAST = f"{ROOT}/run/reportgen.last"


def ask(request):
    """Send a request; give ledgerd's pid and the lines of its ledger, or (0, []) when nobody answers."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(SOCKET)
            connection.sendall(request.encode() + b"\n")
            lines = connection.makefile().readline().strip().split("|")
            owner = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    except OSError:
        return 0, []
    return int.from_bytes(owner[:4], sys.byteorder), [line for line in lines if line]


def must_answer(request):
    """Ask, and be patient: ledgerd may be about to start."""
    for _ in polling(30):
        pid, lines = ask(request)
        if lines:
            return pid, lines
    raise RefusedError(
        "nobody who answers on /run/ledgerd.sock",
        "ledgerd, kept up by its supervisor",
        "look with `sv status ledgerd` and in /var/log/ledgerd.log",
    )


def give_order():
    """Have reportgen begin; give its pid."""
    for _ in polling(30):
        try:
            order = os.open(ORDER, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # not there yet, or nobody waits at its other end
            continue
        pid = read(PID)
        if not pid.isdecimal():
            os.close(order)
            raise RefusedError(
                f"no pid in /run/reportgen.pid but {pid!r}",
                "the one that reportgen writes there when it starts",
                "sv restart reportgen",
            )
        pid, birth = int(pid), started(int(pid))
        os.write(order, b"go\n")
        os.close(order)
        return pid, birth
    raise RefusedError(
        "no reportgen that lives long enough to be given its order",
        "that it runs under runit: a job that is not there proves nothing, and a limit has to leave it room",
        "look with `sv status reportgen` and in /var/log/reportgen.log",
    )


def started(pid):
    """Give when a process began, in ticks since boot; with the pid it is one process for ever."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()[19:20]


def press():
    # It only watches: who measures must not be what is measured.
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")
    mark = f"pressed {os.urandom(4).hex()}"
    with open("/dev/kmsg", "w") as log:
        log.write(f"workload: {mark}; the OOM kills from here on are its doing\n")
    keeper, _ = must_answer(f"add {mark}")
    before = oom_kills()
    job, birth = give_order()
    say(f"READY ledgerd {keeper} has noted '{mark}'; reportgen {job} has its order; oom_kill {before}")
    for _ in polling(PATIENCE):
        if started(job) != birth:
            break
    else:
        os.kill(job, SIGKILL)
        raise RefusedError(
            f"reportgen still at work after {PATIENCE} s; it {read(LAST)}",
            "that it leaks until somebody is killed",
            "look what holds it up: its state in `ps`, memory.high of its cgroup and of those above",
        )
    after, last = oom_kills(), read(LAST)
    if last == "was at work":
        last = "is gone, all of it at once, in the midst of its work"
    say(f"PRESSED oom_kill {before} -> {after}; reportgen {last}")
    if after == before:
        raise RefusedError(
            f"that reportgen ended without the OOM killer: it {last}",
            "the real job under real pressure, and a kill by the kernel",
            "let it run as it was; a limit of each single process (ulimit) does not bound what they take together",
        )
    keeper_now, ledger = must_answer("show")
    if mark not in ledger:
        raise RefusedError(
            f"ledgerd (pid {keeper_now}) with another ledger: {', '.join(ledger)}",
            f"its ledger as before the pressure, with the line '{mark}'",
            "see with `dmesg` who was killed and why",
        )
    say("VERDICT the ledger is still there")


def crash():
    pid, ledger = must_answer("show")
    if read(f"/proc/{pid}/stat").rpartition(")")[2].split()[1] == "1":
        raise RefusedError(
            f"ledgerd (pid {pid}) with PID 1 for its parent",
            "a supervisor that starts it again when it dies",
            "let runit run it: `sv status ledgerd`",
        )
    say(f"READY ledgerd {pid} has {ledger[0]}")
    os.kill(pid, SIGKILL)
    for _ in polling(180):
        now, fresh = ask("show")
        if fresh and now != pid:
            ask("load " + "|".join(ledger))
            say(f"VERDICT ledgerd {pid} is ledgerd {now} now, and has its ledger back")
            return
    raise RefusedError(
        f"no ledgerd 180 s after pid {pid} was killed",
        "that its supervisor starts it again",
        "look with `sv status ledgerd` and in /var/log/ledgerd.log",
    )


def ledger(*entry):
    pid, lines = must_answer(f"add {' '.join(entry)}" if entry else "show")
    say("\n  ".join([f"ledgerd {pid} has", *lines]))


ROLES = {"ledger": ledger, "add": ledger, "press": press, "crash": crash}

play(ROLES, __doc__)
