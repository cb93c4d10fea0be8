#!/usr/bin/python3 -IS
"""Drives lab 10: asks for memory, and has the services and the closing ask for theirs. Standard library only.

workload ask MIB [PIECE]   ask for MIB at once, or in pieces of PIECE MiB, and use none of it
workload greedy            the greedy program: asks for far too much, and then uses whatever it was promised
workload closing           the closing: a job of 150 MiB that forks four times
workload evening           kill the services, wait until runit has started them anew; then the closing
workload night             the same while the greedy program holds whatever it could get
workload boot              what a boot would make of the settings (they are put back afterwards)

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import errno
import mmap
import os
import sys

from ramlab.boots import applied, files_of_a_boot
from ramlab.kit import (
    MIB,
    NOT_SO,
    PATIENCE,
    ROOT,
    SIGKILL,
    RefusedError,
    number,
    oom_kills,
    play,
    polling,
    read,
    say,
    write,
)

NOBODY = 65534
PIECE = 4  # MiB that the greedy program asks for at a time
GOAL = 3072  # MiB that it would like to have
FEWEST = 16  # MiB that a user's program has to be given
CLOSING = 150  # MiB
HALLS = 4
POPULATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
POPULATE_WRITE = 23  # MADV_POPULATE_WRITE: as if every page were written to, in one call
NOT_YET = "does not run"
STATE = f"{ROOT}/run/theatre"
SETTINGS = "/proc/sys/vm"


def meminfo(name):
    return number("/proc/meminfo", name)


def setting(name):
    return int(read(f"{SETTINGS}/{name}"))


def forked(what):
    """Fork; for the child, take the name that `ps` shows. Gives the pid, 0 in the child."""
    pid = os.fork()
    if not pid:
        with open("/proc/self/comm", "w") as comm:
            comm.write(what)
    return pid


def asked(total, piece):
    """Ask for `total` MiB in pieces; give the pieces, and the error number of the one that was refused."""
    pieces, refused = [], 0
    try:
        while len(pieces) * piece < total:
            pieces.append(mmap.mmap(-1, piece * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    except OSError as error:
        refused = error.errno
    return pieces, refused


# -- the greedy program --------------------------------------------------------------------------------------


def be_greedy(order, reply):
    """Be a user's program: ask for everything; at the first order use it; at the second end."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    pieces, refused = asked(GOAL, PIECE)
    if refused and pieces:
        pieces.pop().close()  # room to say so
    os.write(reply, f"{len(pieces) * PIECE} {refused}".encode())
    os.read(order, 1)
    for piece in pieces:
        piece.madvise(POPULATE_WRITE)
    os.write(reply, b"used")
    os.read(order, 1)
    os._exit(0)


class Greedy:
    """The greedy program while it runs. Leaving the block ends it."""

    def __enter__(self):
        """Start it, have it ask for memory and use it."""
        self.kills = oom_kills()
        order, self.order = os.pipe()
        self.heard, reply = os.pipe()
        self.pid = forked("greedy")
        if not self.pid:
            os.close(self.order)
            try:
                be_greedy(order, reply)
            finally:
                os._exit(1)  # it may have had no memory for anything
        os.close(order)
        os.close(reply)
        said = os.read(self.heard, 64).split() or (0, errno.ENOMEM)  # where it could not even say so
        self.granted, self.refused = (int(number) for number in said)
        total = meminfo("MemTotal") // 1024
        said = f"refused, {os.strerror(self.refused)} (errno {self.refused})" if self.refused else "all it asked for"
        say(f"READY greedy (pid {self.pid}) was promised {self.granted} MiB: {said}; the machine has {total} MiB")
        if not self.granted:
            self.judge()
        os.write(self.order, b".")
        if os.read(self.heard, 4) != b"used":
            raise RefusedError(
                f"that greedy was promised {self.granted} MiB, began to use it and is dead; the OOM killer came"
                f" {oom_kills() - self.kills} times",
                "that it is refused before the machine has promised more than it can give",
                "see `dmesg | tail`, and what is promised at most: CommitLimit in /proc/meminfo, in which mode?",
            )
        say(f"USED {self.granted} MiB; MemAvailable {meminfo('MemAvailable') // 1024} MiB")
        return self

    def __exit__(self, *_):
        """End it, however it is."""
        os.close(self.order)
        os.waitpid(self.pid, 0)

    def judge(self):
        """Say no where it was not refused cleanly."""
        if self.refused != errno.ENOMEM:
            raise RefusedError(
                f"that greedy was promised {self.granted} MiB and refused nothing",
                f"ENOMEM long before {GOAL} MiB",
                "see vm.overcommit_memory in `man proc_sys_vm`",
            )
        if self.granted < FEWEST:
            raise RefusedError(
                f"that greedy was promised {self.granted} MiB and then refused: so would be any user's program",
                f"at least {FEWEST} MiB for it",
                "compare CommitLimit with Committed_AS in /proc/meminfo, and vm.admin_reserve_kbytes with both",
            )
        if oom_kills() != self.kills:
            raise RefusedError(
                f"that the OOM killer came {oom_kills() - self.kills} times",
                "that nobody dies for what greedy was promised",
                "see `dmesg | tail`: CommitLimit has to be less than the machine can give",
            )


def greedy():
    with Greedy() as program:
        program.judge()
    say("VERDICT greedy was told no in time, and nobody was killed")


def ask(total, piece=None):
    step = int(piece or total)
    pieces, refused = asked(int(total), step)
    say(f"READY asked for {total} MiB in pieces of {step} MiB")
    if refused:
        say(f"REFUSED after {len(pieces) * step} MiB: {os.strerror(refused)} (errno {refused})")
        return
    rss = number("/proc/self/status", "VmRSS")
    say(f"PROMISED all of it. Committed_AS {meminfo('Committed_AS')} kB; of that I use {rss} kB")


# -- the services and the closing ----------------------------------------------------------------------------


def wanted():
    """Give what each service has to have mapped: permissions, MiB."""
    env = {name: int(os.environ[name]) for name in ("TICKET_MIB", "MAP_MIB", "RESERVE_GIB", "ARENA_MIB")}
    return {
        "ticketd": [("rw-p", env["TICKET_MIB"])],
        "seatmapd": [("r--p", env["MAP_MIB"])],
        "cashd": [("---p", env["RESERVE_GIB"] * 1024), ("rw-p", env["ARENA_MIB"])],
    }


def lacks(name, pid):
    """Say what is wrong with the process of this pid for a service; nothing where it is the real one.

    A service writes its pid when it has all that it wants, so of a process that is there nothing will change.
    """
    status = read(f"/proc/{pid}/status")
    if not pid.isdecimal() or not status.startswith(f"Name:\t{name}\n"):
        return NOT_YET
    parent = status.split("PPid:\t", 1)[1].split("\n", 1)[0]
    if not read(f"/proc/{parent}/comm").startswith("runsv"):
        return "is not kept up by runit"
    largest = {}
    for line in read(f"/proc/{pid}/maps").splitlines():
        span, perms, *_ = line.split()
        begin, end = (int(address, 16) for address in span.split("-"))
        largest[perms] = max(largest.get(perms, 0), (end - begin) // MIB)
    for perms, mib in wanted()[name]:
        if largest.get(perms, 0) < mib:
            return f"has {largest.get(perms, 0)} MiB in its largest mapping {perms}, and should have {mib}"
    return ""


def switched_off(name):
    """Whether somebody has told runit to keep it down: byte 17 of runsv's status is `d` then, or else `u`."""
    try:
        with open(f"{ROOT}/etc/sv/{name}/supervise/status", "rb") as file:
            return file.read()[17:18] == b"d"
    except OSError:
        return False


def up(name, old=""):
    """Wait until a service is there, another one than `old`; give its pid."""
    for _ in polling(PATIENCE):
        pid = read(f"{STATE}/{name}.pid")
        problem = lacks(name, pid) if pid != old else NOT_YET
        if not problem:
            return pid
        if problem != NOT_YET:
            problem = f"(pid {pid}) {problem}"
            break
        if failed := read(f"{STATE}/{name}.failed"):
            last = read(f"{ROOT}/var/log/{name}.log").splitlines()[-1:]
            problem = f"cannot start: {failed}, {''.join(last) or 'and nothing in its log'}"
            break
        if switched_off(name):
            problem = "is switched off"
            break
    raise RefusedError(
        f"that {name} {problem}; Committed_AS {meminfo('Committed_AS')} kB of CommitLimit {meminfo('CommitLimit')} kB",
        "each service as the house runs it, kept up by runit, and started again whenever it dies",
        f"look with `sv status {name}` and in /var/log/{name}.log; mode 2 counts more than the others do",
    )


def services():
    """Kill all three, and wait until runit has started each anew."""
    for name in wanted():
        if os.path.exists(f"{STATE}/{name}.failed"):
            os.unlink(f"{STATE}/{name}.failed")
    before = {name: up(name) for name in wanted()}
    for pid in before.values():
        os.kill(int(pid), SIGKILL)
    say(f"READY {', '.join(f'{name} {pid}' for name, pid in before.items())} killed")
    for name, pid in before.items():
        up(name, pid)
    say(f"STARTED all three; Committed_AS {meminfo('Committed_AS')} kB of CommitLimit {meminfo('CommitLimit')} kB")


def closing():
    """Run the job in a process of its own: it is the parent that has to be large."""
    heard, reply = os.pipe()
    pid = forked("closing")
    if not pid:
        try:
            be_closing()
            os._exit(0)
        except OSError as error:
            os.write(reply, str(error.strerror).encode())
            os._exit(1)
    os.close(reply)
    problem = os.read(heard, 256).decode()
    _, status = os.waitpid(pid, 0)
    if problem or status:
        raise RefusedError(
            f"that the closing failed: {problem or f'wait status {status}'}; CommitLimit {meminfo('CommitLimit')} kB,"
            f" Committed_AS {meminfo('Committed_AS')} kB after it had ended",
            f"that it gets {CLOSING} MiB, and that each fork gets a promise of as much again",
            "see what is missing: CommitLimit has to be raised, or less promised to others",
        )
    say("CLOSED")


def be_closing():
    try:
        memory = mmap.mmap(-1, CLOSING * MIB, flags=POPULATE)
    except OSError as error:
        raise OSError(error.errno, f"{CLOSING} MiB for the job itself: {error.strerror}") from None
    alone = meminfo("Committed_AS")
    say(f"READY the closing holds {CLOSING} MiB; Committed_AS {alone} kB")
    for hall in range(1, HALLS + 1):
        try:
            pid = os.fork()
        except OSError as error:
            raise OSError(error.errno, f"fork for hall {hall}: {error.strerror}") from None
        if not pid:
            memory.seek(hall * MIB)
            memory.write(b"\xa5" * MIB)
            together = meminfo("Committed_AS")
            say(f"HALL {hall} wrote 1 MiB of its {CLOSING}; Committed_AS {together} kB")
            # What the lab teaches of fork has to be so, or its verdict is worth nothing.
            os._exit(0 if together - alone > (CLOSING // 2) * 1024 else 1)
        _, status = os.waitpid(pid, 0)
        if status:
            raise OSError(0, f"the fork for hall {hall} ended with wait status {status}")


def evening():
    services()
    closing()
    say("VERDICT the services are up again and the closing is done")


def night():
    with Greedy() as program:
        program.judge()
        services()
        closing()
        program.judge()
    say("VERDICT beside the greedy program, too")


# -- what a boot would make of it ----------------------------------------------------------------------------


def all_settings():
    """Give every setting of vm that can be written back."""
    names = set(os.listdir(SETTINGS)) - {"compact_memory", "drop_caches", "stat_refresh"}  # those act
    return {name: read(f"{SETTINGS}/{name}") for name in names}


def put_back(before):
    """Write what differs. Of a pair of which one is 0 while the other counts, only the other."""
    changed = [name for name, value in all_settings().items() if value != before[name]]
    for name in sorted(changed, key=lambda name: name == "overcommit_memory"):  # that one last: in mode 2 all is harder
        if before[name] != "0" or not name.endswith(("_ratio", "bytes")):
            write(f"{SETTINGS}/{name}", before[name])
    lost = [name for name in changed if read(f"{SETTINGS}/{name}") != before[name]]
    if lost:
        sys.exit(f"the settings {sorted(lost)} could not be put back")


def swap_of_a_boot():
    """Give the kB of the swap that is on and that a boot would have; and the areas that it would not."""
    lines = [line.split() for line in read(f"{ROOT}/etc/fstab").splitlines() if not line.lstrip().startswith("#")]
    known = {fields[0] for fields in lines if len(fields) > 3 and fields[2] == "swap" and "noauto" not in fields[3]}
    areas = [line.split() for line in read("/proc/swaps").splitlines()[1:]]
    return sum(int(area[2]) for area in areas if area[0] in known), [area[0] for area in areas if area[0] not in known]


def as_said():
    names = ("overcommit_memory", "admin_reserve_kbytes", "user_reserve_kbytes")
    return {"CommitLimit": meminfo("CommitLimit")} | {f"vm.{name}": setting(name) for name in names}


def boot():
    now, before = as_said(), all_settings()
    files = files_of_a_boot()
    kept_swap, lost_swap = swap_of_a_boot()
    say(f"READY a boot reads {', '.join(path for path, _ in files) or 'no file at all'}")
    try:
        for line in read(f"{os.path.dirname(os.path.abspath(__file__))}/kernel.defaults").splitlines():
            name, value = line.split()
            write(f"{SETTINGS}/{name}", value)
        unknown = applied(files)
        then = as_said()
    finally:
        write(f"{SETTINGS}/overcommit_memory", "0")  # whatever was applied: there has to be room to put the rest back
        put_back(before)
    then["CommitLimit"] -= meminfo("SwapTotal") - kept_swap
    for name, value in then.items():
        say(f"  {name} = {value} after a boot; now it is {now[name]}")
    hint = f"; nobody knows {', '.join(unknown)}" if unknown else ""
    hint += f"; not in /etc/fstab: {', '.join(lost_swap)}" if lost_swap else ""
    if now["vm.overcommit_memory"] != 2:
        raise RefusedError(
            f"vm.overcommit_memory = {now['vm.overcommit_memory']} now, before any boot{hint}",
            "2, now and after a boot",
            "do the tasks before this one first",
        )
    differs = [f"{name} = {value}, not {now[name]}" for name, value in then.items() if value != now[name]]
    if differs:
        raise RefusedError(
            f"after a boot: {', '.join(differs)}{hint}",
            "that a boot leaves the machine set as it is now",
            "see `man sysctl`, its section on files: which are read, in which order, and the last word counts",
        )
    say("VERDICT a boot would leave it so")


ROLES = {"ask": ask, "greedy": greedy, "closing": closing, "evening": evening, "night": night, "boot": boot}

try:
    play(ROLES, __doc__)
except OSError as error:
    if error.errno != errno.ENOMEM:
        raise
    say(f"seen that this workload itself is refused memory; expected room for it; next raise CommitLimit ({error})")
    sys.exit(NOT_SO)
