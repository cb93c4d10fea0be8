#!/usr/bin/python3 -IS
"""Drives lab 06: starts services anew, asks them for more, looks on which node their memory is. Standard library only.

workload signal    where does signald run, where is its memory? Where it is right: kill it, and ask that of the new one
workload network   where is mapd's shared segment? Where it is right: kill it, and ask that of the new one
workload order     dispatchd takes one more roster: where does it go?
workload replan    the night's job: does it get its memory, and where?
workload balance   six programs whose memory is on the other node, automatic balancing is on. Whose memory is moved?

and on the machine `four`:
workload fill      take memory in steps, from node $FULL_NODE on: where is it?
workload record    how is recorderd's buffer spread? Where it is right: kill it, and ask that of the new one

The checks' own copy has one more, which would give an answer away.
Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import _signal  # this and the next one: the C modules under `signal` and `socket`, which start much faster
import _socket
import itertools
import mmap
import os
import sys

from ramlab.kit import MIB, PATIENCE, ROOT, SIGKILL, RefusedError, number, oom_kills, play, polling, read, say, write

PLACE = f"{ROOT}/run/tram"
SEGMENT = "/dev/shm/network"
SYS = "/sys/devices/system/node"
NODES = sorted(int(name[4:]) for name in os.listdir(SYS) if name.startswith("node") and name[4:].isdecimal())
HOME = int(os.environ["HOME_NODE"])
OTHER = 1 - HOME
FULL = int(os.environ["FULL_NODE"])
PAGE = 4096
MORE_MIB = 4
STEP_MIB = 16
ALL = 0.95  # of a memory that is "all there"
SWAPPED_KB = 8192  # kswapd swaps a little for who only prefers the node, too
START_KB = 3072  # what Python touches before the program has a say
DELETED = "\\040(deleted)"


def wanted(name):
    """Give a size in kB that only the checks know; the learner's own run judges by no size."""
    return int(os.environ.get(name, "0")) * 1024


# -- where memory is -----------------------------------------------------------------------------------------


def areas(pid, path=""):
    """Give kB by node of each mapping without a file; with a path, of those of that file."""
    for line in read(f"/proc/{pid}/numa_maps").splitlines():
        words = dict(word.split("=", 1) for word in line.split() if "=" in word)
        if words.get("file", "").removesuffix(DELETED) == path:
            size = int(words.get("kernelpagesize_kB", 4))
            yield {node: int(words.get(f"N{node}", 0)) * size for node in NODES}


def held(pid, path=""):
    """Give the sums of these by node."""
    every = list(areas(pid, path))
    return {node: sum(area[node] for area in every) for node in NODES}


def told(amounts):
    return ", ".join(f"node {node} {kb} kB" for node, kb in amounts.items())


def node_kb(node, name):
    """Give a line of a node's meminfo."""
    return int(read(f"{SYS}/node{node}/meminfo").partition(f"{name}:")[2].split()[0])


def free_kb(node):
    return node_kb(node, "MemFree")


def members(text):
    """Give the numbers of a list as the kernel writes it: 0-1,3."""
    spans = [part.split("-") for part in text.split(",") if part]
    return {number for span in spans for number in range(int(span[0]), int(span[-1]) + 1)}


def cpus_of(node):
    return members(read(f"{SYS}/node{node}/cpulist"))


def runs_on(pid):
    """Give the CPUs that a process may run on."""
    return members(read(f"/proc/{pid}/status").partition("Cpus_allowed_list:")[2].partition("\n")[0].strip())


# -- the services --------------------------------------------------------------------------------------------


def ask(name, request="show"):
    """Send a request; give the pid of who answers, and the answer; or 0 and nothing."""
    try:
        connection = _socket.socket(_socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        connection.connect(f"{PLACE}/{name}.sock")
        connection.sendall(request.encode() + b"\n")
        said = connection.recv(4096).decode(errors="replace").strip()
        owner = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
        connection.close()
    except OSError:
        return 0, ""
    return (int.from_bytes(owner[:4], sys.byteorder), said) if said else (0, "")


def must_answer(name, *, old=0, patience=30):
    """Give the pid of who answers for a service, another one than `old`."""
    for _ in polling(patience):
        pid, said = ask(name)
        if said and pid != old:
            return pid
    raise RefusedError(
        f"nobody who answers on /run/tram/{name}.sock",
        f"{name}, kept up"
        if name != "dispatchd"
        else "dispatchd, as it was: it can only be started anew by losing its rosters",
        f"look with `sv status {name}` and in /var/log/{name}.log",
    )


def anew(name):
    """Kill a service, as a crash would, and give the pid of the one that its supervisor starts then."""
    old = must_answer(name)
    os.kill(old, SIGKILL)
    say(f"READY {name} (pid {old}) is killed")
    return must_answer(name, old=old, patience=300)


def must_hold(where, kb, name):
    if sum(where.values()) < kb:
        raise RefusedError(
            f"a {name} that holds {sum(where.values())} kB",
            f"the real one, with its {kb} kB",
            f"have /etc/sv/{name}/run start /usr/local/sbin/{name} with the size that it had",
        )


def signal():
    at_home(must_answer("signald"))
    at_home(anew("signald"))
    say("VERDICT signald has its memory where it runs")


def at_home(pid):
    """Refuse a signald that runs elsewhere, or has memory elsewhere, or takes more from there."""
    ask("signald", f"more {MORE_MIB}")
    where, cpus = held(pid), runs_on(pid)
    ask("signald", "less")
    say(f"LOOKED signald {pid} may run on CPU {sorted(cpus)}; with {MORE_MIB} MiB more it has {told(where)}")
    must_hold(where, wanted("SIGNALD_MIB"), "signald")
    if not cpus <= cpus_of(HOME):
        raise RefusedError(
            f"a signald (pid {pid}) that may run on CPU {sorted(cpus)}",
            f"that it runs where it belongs: on CPU {sorted(cpus_of(HOME))}, node {HOME}",
            "see what /etc/sv/signald/run says of CPUs; after a change: sv restart signald",
        )
    if where[OTHER] > START_KB:
        raise RefusedError(
            f"that memory of signald (pid {pid}) is on {told(where)}",
            f"all of it on node {HOME}, where it runs: for each signald that is ever started, and what it takes later",
            "a page is put where it is touched first, by the CPU and the policy of that moment: what are they while it"
            " loads? After a change: sv restart signald",
        )


def network():
    spread_evenly(must_answer("mapd"))
    spread_evenly(anew("mapd"))
    say("VERDICT the segment is spread evenly")


def spread_evenly(pid):
    where = held(pid, SEGMENT)
    say(f"LOOKED mapd {pid} has of {SEGMENT}: {told(where)}")
    must_hold(where, wanted("SEGMENT_MIB"), "mapd")
    low, high = 0.45 * sum(where.values()), 0.55 * sum(where.values())
    if not sum(where.values()) or not all(low <= kb <= high for kb in where.values()):
        raise RefusedError(
            f"that the segment of mapd (pid {pid}) is on {told(where)}",
            "page by page in turn on both nodes, for each mapd that is ever started",
            "who touches a page first decides for all who share it, and that is mapd: by which policy does it run?"
            " After a change: sv restart mapd",
        )


def order(expected=""):
    pid = must_answer("dispatchd")
    if expected not in ("", str(pid)):
        raise RefusedError(
            f"that another one (pid {pid}) answers for dispatchd", f"the dispatchd of this morning, pid {expected}",
            "ramlab reset 06 gives you the morning anew",
        )  # fmt: skip
    before = held(pid)
    ask("dispatchd", f"more {MORE_MIB}")
    after = held(pid)
    ask("dispatchd", "less")
    took = {node: after[node] - before[node] for node in NODES}
    say(f"READY dispatchd (pid {pid}) had {told(before)}")
    say(f"MORE it took {MORE_MIB} MiB more: {told(took)}; and gave them back")
    if took[OTHER] < ALL * MORE_MIB * 1024:
        raise RefusedError(
            f"that what dispatchd (pid {pid}) takes now goes to {told(took)}",
            f"all of it to node {OTHER}",
            "moving pages changes no policy: see the second word of each line in /proc/PID/numa_maps. What is above a"
            " policy, and can be changed from outside?",
        )
    say(f"VERDICT what it takes goes to node {OTHER}")


def swap_kb():
    """Give what is in swap. pswpout would not do: pages of zeroes are not written."""
    return number("/proc/meminfo", "SwapTotal") - number("/proc/meminfo", "SwapFree")


def replan():
    pid = must_answer("replan")
    free, kills = {node: free_kb(node) for node in NODES}, oom_kills()
    # More than ever is free there. Where the kernel's own memory is differs from boot to boot, and so do sizes.
    size = node_kb(HOME, "MemTotal") // 1024 - int(os.environ["REPLAN_BELOW"])
    swapped = swap_kb()
    say(f"READY replan (pid {pid}) takes {size} MiB; free: {told(free)}; oom_kill {kills}")
    _, said = ask("replan", f"more {size}")
    left = {node: free_kb(node) for node in NODES}
    where, swapped = held(pid), swap_kb() - swapped
    ask("replan", "less")
    if oom_kills() == kills and not said:
        raise RefusedError(
            f"that replan (pid {pid}) did not get its memory, and nobody was killed either",
            f"all of its {size} MiB in RAM: there is enough on both nodes together",
            "look in /var/log/replan.log, and undo what refuses it memory",
        )
    if oom_kills() != kills:
        raise RefusedError(
            f"that somebody was killed for it (oom_kill {kills} -> {oom_kills()}); before that, free: {told(free)}",
            "that replan gets its memory: from its own node first, and what does not fit there from the other one",
            "the last report in dmesg says who could not get memory where: nodemask=, mems_allowed=; with which of"
            " numactl's options does it only prefer a node? After a change: sv restart replan",
        )
    say(f"TOOK {told(where)}; swapped out meanwhile {swapped} kB; free then: {told(left)}")
    if swapped > SWAPPED_KB:
        raise RefusedError(
            f"that {swapped} kB, its own or of others, were swapped out for it; node {OTHER} has {left[OTHER]} kB free",
            f"all in RAM: for its {size} MiB there is enough on both nodes together",
            "swapoff -a; room of another kind is no answer to a job that may not take what is free",
        )
    if sum(where.values()) < size * 1024:
        raise RefusedError(
            f"a replan with {sum(where.values())} kB in RAM",
            f"the real one, which takes {size} MiB at its order",
            "have /etc/sv/replan/run start /usr/local/sbin/replan, as it did",
        )
    if where[HOME] < 0.9 * free[HOME]:
        raise RefusedError(
            f"that replan has taken {where[HOME]} of the {free[HOME]} kB that were free on node {HOME}",
            f"node {HOME} first, and the other one only for what does not fit",
            "see `man numactl` for what interleaves, what prefers, what binds",
        )
    say("VERDICT it took its own node first, and then the other; nobody was killed")


# -- automatic balancing -------------------------------------------------------------------------------------

NAMES = ("anna", "bela", "carl", "dora", "emil", "fred")
VOLUNTEERS = f"{PLACE}/volunteers"
BALANCING = "/sys/kernel/debug/sched/numa_balancing"
QUICK = {"scan_delay_ms": "10", "scan_period_min_ms": "10", "scan_period_max_ms": "50"}
MEMORY_MIB = 8
SLOW_TICKS = 10  # of 10 ms: what each of those that read has had of the CPU at least, before it is judged
DEFAULT, PREFERRED, BIND, LOCAL, BALANCED = 0, 1, 2, 4, 1 << 13  # modes and a flag of set_mempolicy(2)
SET_MEMPOLICY = 238  # x86-64
FAR, NEAR = {HOME}, {OTHER}  # their memory is on HOME, they run on OTHER
DEEDS = {
    "reads its memory again and again": (DEFAULT, set(), True),
    "sleeps": (DEFAULT, set(), False),
    f"has the policy of numactl --membind={HOME}, and reads": (BIND, FAR, True),
    f"has the policy of numactl --preferred={HOME}, and reads": (PREFERRED, FAR, True),
    "has the policy of numactl --localalloc, and reads": (LOCAL, set(), True),
    "has the policy of numactl --balancing --membind=0,1, and reads": (BIND | BALANCED, FAR | NEAR, True),
}
MOVED = {deed for deed, (mode, _, reads) in DEEDS.items() if reads and (mode == DEFAULT or mode & BALANCED)}
DEALT = next(itertools.islice(itertools.permutations(DEEDS), int(os.environ["DEAL"]), None))


def volunteer(name, deed):
    """Start a program with its memory on HOME that then goes to OTHER and does its deed. Give pid and a pipe."""
    heard, reply = os.pipe()
    pid = os.fork()
    if pid:
        os.close(reply)
        return pid, heard
    try:
        os.setsid()
        write("/proc/self/comm", name)
        for fd in range(3):  # it may live on when who started it has gone
            os.dup2(os.open("/dev/null", os.O_RDWR), fd)
        mode, nodes, reads = DEEDS[deed]
        os.sched_setaffinity(0, cpus_of(HOME))
        memory = mmap.mmap(-1, MEMORY_MIB * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
        os.sched_setaffinity(0, cpus_of(OTHER))
        if mode:
            set_policy(mode, nodes)
        os.write(reply, b".")
        while reads:
            memory[::PAGE]
        _signal.pause()
    finally:
        os._exit(0)


def syscalls():
    """Give what calls the kernel: its import takes 0.2 s, so only for who needs it, and before a fork."""
    import ctypes

    return ctypes


def set_policy(mode, nodes):
    ctypes = syscalls()
    mask = ctypes.c_ulong(sum(1 << node for node in nodes))
    if ctypes.CDLL(None).syscall(SET_MEMPOLICY, mode, ctypes.byref(mask) if nodes else None, 64 if nodes else 0):
        os._exit(1)


class Settings:
    """Balancing on, and its scanner in a hurry, while the block lasts. Afterwards all is as it was."""

    def __enter__(self):
        if not os.path.exists(BALANCING):
            os.spawnv(os.P_WAIT, "/usr/bin/mount", ["mount", "-t", "debugfs", "debugfs", "/sys/kernel/debug"])  # noqa: S606
        self.files = {"/proc/sys/kernel/numa_balancing": "1"}
        self.files |= {f"{BALANCING}/{name}": value for name, value in QUICK.items()}
        self.before = {path: read(path) for path in self.files}
        for path, value in self.files.items():
            write(path, value)

    def __exit__(self, *_):
        for path, value in self.before.items():
            write(path, value)


def followed(pid):
    """Whether what a volunteer had on HOME, the largest of its mappings, is on OTHER."""
    largest = max(areas(pid), key=lambda area: sum(area.values()), default={HOME: 0, OTHER: 0})
    return largest[OTHER] >= ALL * sum(largest.values()) > 0


def balanced():
    """Give the volunteers' pids by name, when the kernel has had time for all of them."""
    syscalls()
    with Settings():
        people = {name: volunteer(name, deed) for name, deed in zip(NAMES, DEALT, strict=True)}
        for name, (_, heard) in people.items():
            if not os.read(heard, 1):
                sys.exit(f"{name} ended before its time")
        pids = {name: pid for name, (pid, _) in people.items()}
        busy = [pids[name] for name, deed in zip(NAMES, DEALT, strict=True) if DEEDS[deed][2]]
        # The others have had as much of the CPU by then, and of the scanner, as it took for these.
        sure = [pids[name] for name, deed in zip(NAMES, DEALT, strict=True) if deed in MOVED]
        for _ in polling(PATIENCE):
            if all(map(followed, sure)) and all(ticks(pid) >= SLOW_TICKS for pid in busy):
                break
        else:
            end(pids.values())
            sys.exit(f"automatic balancing has moved nothing in {PATIENCE} s")
    return pids


def ticks(pid):
    """Give what a process has had of CPUs, in 10 ms."""
    return sum(map(int, read(f"/proc/{pid}/stat").rpartition(")")[2].split()[11:13]))


def end(pids):
    for pid in pids:
        if read(f"/proc/{pid}/comm") in NAMES:
            os.kill(pid, SIGKILL)


def balance():
    end(map(int, read(VOLUNTEERS).split()))
    people = balanced()
    write(VOLUNTEERS, " ".join(map(str, people.values())))
    say(f"READY each has {MEMORY_MIB} MiB of its own, which were on node {HOME}, and runs on node {OTHER}")
    for (name, pid), deed in zip(people.items(), DEALT, strict=True):
        say(f"  {name} (pid {pid}) {deed}")
    say("Automatic balancing has looked at them. They live on: see with `numastat -p NAME` whose memory was moved")


def moved():
    people = balanced()
    found = [name for name, pid in people.items() if followed(pid)]
    end(people.values())
    say("RESULT", *found)


# -- the machine with four nodes -----------------------------------------------------------------------------


def record():
    weighted(must_answer("recorderd"))
    weighted(anew("recorderd"))
    say("VERDICT the buffer is spread as it should be")


def weighted(pid):
    where = held(pid)
    say(f"LOOKED recorderd {pid} is on {told(where)}")
    must_hold(where, wanted("RECORDER_MIB"), "recorderd")
    share = int(os.environ["RECORDER_SHARE"])
    near = min((node for node in NODES if not cpus_of(node)), key=lambda node: distances(HOME)[node])
    whole = sum(where.values())
    right = {HOME: whole * share / (share + 1), near: whole / (share + 1)}
    if not all(abs(kb - right.get(node, 0)) <= 0.04 * whole for node, kb in where.items()):
        raise RefusedError(
            f"that memory of recorderd (pid {pid}) is on {told(where)}",
            f"{share} pages on node {HOME}, then one on the node without CPUs that is nearest to it, and so on",
            "numactl --hardware says which node that is; weights are in /sys/kernel/mm/mempolicy/weighted_interleave;"
            " after a change: sv restart recorderd",
        )


def fill():
    """Take memory in steps, from the student's node on, and say where it is each time."""
    set_policy(PREFERRED, {FULL})
    say(f"READY taking memory by the policy --preferred={FULL}; free: {told({node: free_kb(node) for node in NODES})}")
    kept = []
    for _ in range(64):
        kept.append(mmap.mmap(-1, STEP_MIB * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE))
        where = held("self")
        say(f"  {len(kept) * STEP_MIB:3} MiB: {told(where)}")
        if len([kb for kb in where.values() if kb > STEP_MIB * 1024 // 2]) == len(NODES) - 1:
            break


def distances(node):
    return dict(zip(NODES, map(int, read(f"{SYS}/node{node}/distance").split()), strict=True))


if len(NODES) > 2:
    ROLES = {"fill": fill, "record": record}
else:
    ROLES = {"signal": signal, "network": network, "order": order, "replan": replan, "balance": balance}
    if os.environ.get("OOM_BOUND"):  # what only the checks' copy has
        ROLES["moved"] = moved

play(ROLES, __doc__)
