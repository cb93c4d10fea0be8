#!/usr/bin/python3 -IS
"""The days and nights of lab 08's house. Standard library only.

workload show NAME    ask a service, and say which pid answers and in which cgroup that is
workload press NAME   a service takes memory without end; what ends it, and who serves after it?
workload burst        previewd is started anew and takes a little more than its memory.high; is it slowed, and alive?
workload noise        the noisy tenant's job; how much of its archive is in memory, and what has the quiet one left?
workload night        the machine runs short; what has the quiet one left?
workload crash NAME   kill a service and wait for the one that its supervisor starts

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import ctypes
import mmap
import os
import socket
import subprocess
import sys
import tempfile
import time

from ramlab.kit import MIB, PATIENCE, ROOT, SIGKILL, RefusedError, number, oom_kills, play, polling, read, say, write

QUIET = os.environ.get("QUIET", "")
NOISY = os.environ.get("NOISY", "")
TABLE = f"/srv/{QUIET}/table.db"
ARCHIVE = f"/srv/{NOISY}/archive"
JOB = f"/etc/tenants/{NOISY}/job"
TABLE_MIB, ARCHIVE_MIB = 20, 60
PAGE = 4096
KEPT = 95  # per cent of the quiet one's table
BITE_MIB = 4  # that a service is asked to take at once,
MOST_MIB = 48  # and in all, when nothing ends it
SPILLED_KB = 512  # that a service may have more in swap than when it was pressed first
ABOVE = MIB  # so far a burst goes above memory.high: further, and each piece would wait for seconds
STEP_KB = 256
SIGSTOP, SIGCONT = 19, 18
IN_FLIGHT = 2 * MIB  # of the archive: who is stopped first ends the read(2) that it is in
OTHERS = "/sys/fs/cgroup/workload.others"  # a cgroup of our own, for page cache that nobody protects
OTHERS_MIB = 28  # what of that there is,
SHORT_MIB = 40  # and by how much more than is free the machine runs short
HOGS = 4  # so many are begun, when the kernel ends them too early
LOWEST_BIT = bytes(number & 1 for number in range(256))

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
libc.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)


# -- services ------------------------------------------------------------------------------------------


def ask(name, *words):
    """Tell a service something. Give the pid that answers, with what it says; 0 where nobody does."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(f"{ROOT}/run/{name}.sock")
            connection.sendall(f"{' '.join(words)}\n".encode())
            reply = connection.makefile().readline().strip()
            owner = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    except OSError:
        return 0, ""
    return (int.from_bytes(owner[:4], sys.byteorder), reply) if reply else (0, "")


def must_answer(name, *words, other_than=0):
    """Ask, and be patient: it may be about to start."""
    for _ in polling(60):
        pid, reply = ask(name, *words)
        if pid and pid != other_than:
            return pid, reply
    raise RefusedError(
        f"nobody who answers on /run/{name}.sock",
        f"{name}, kept up by its supervisor",
        f"look with `sv status {name}` and in /var/log/{name}.log",
    )


def cgroup(pid, kind="0::"):
    """Give a process's cgroup: of version 2, or of version 1's hierarchy for memory."""
    lines = [line.split(kind, 1)[1] for line in read(f"/proc/{pid}/cgroup").splitlines() if kind in line]
    return lines[0] if lines else ""


def where(pid):
    return cgroup(pid, ":memory:") or cgroup(pid)


def show(name):
    pid, _ = must_answer(name, "show")
    say(f"{name} {pid} in {where(pid)}")


def crash(name):
    pid, _ = must_answer(name, "show")
    if read(f"/proc/{pid}/stat").rpartition(")")[2].split()[1] == "1":
        raise RefusedError(
            f"{name} (pid {pid}) with PID 1 for its parent",
            "a supervisor that starts it again when it dies",
            f"let runit run it: `sv status {name}`",
        )
    say(f"READY {name} {pid} in {where(pid)}")
    os.kill(pid, SIGKILL)
    now, _ = must_answer(name, "show", other_than=pid)
    say(f"VERDICT {name} {pid} is {name} {now} now, in {where(now)}")
    return now


def status_kb(pid, name):
    return number(f"/proc/{pid}/status", name)


def press(name):
    with open("/dev/kmsg", "w") as log:
        log.write(f"workload: {name} is pressed; the OOM kills from here on are its doing\n")
    pid, _ = must_answer(name, "drop")
    before, taken, at_first, swapped = oom_kills(), 0, status_kb(pid, "VmSwap"), 0
    say(f"READY {name} {pid} in {where(pid)}; oom_kill {before}")
    while taken < MOST_MIB and ask(name, "take", str(BITE_MIB << 10))[0] == pid:
        taken += BITE_MIB
        swapped = max(swapped, status_kb(pid, "VmSwap"))
        if swapped > at_first + SPILLED_KB:
            break
    killed = oom_kills() - before
    say(f"PRESSED {name} had taken {taken} MiB; oom_kill +{killed}; at most {swapped} kB of it were in swap")
    if swapped > at_first + SPILLED_KB:
        ask(name, "drop")
        raise RefusedError(
            f"{swapped} kB of {name} (pid {pid}) in swap, and {name} alive",
            "that it dies at its limit, and that nothing of it goes to the swap",
            "see memory.swap.max: at memory.max the kernel first takes back, and swap is where it puts it",
        )
    if taken >= MOST_MIB:
        ask(name, "drop")
        raise RefusedError(
            f"{name} (pid {pid}) with {taken} MiB more than before, alive, and {swapped} kB of it in swap",
            "that the kernel ends it at its limit",
            "look at memory.max, memory.swap.max and memory.high of its cgroup and of those above",
        )
    if not killed:
        raise RefusedError(
            f"that {name} ended after {taken} MiB without the OOM killer",
            "the real service, and a kill by the kernel",
            f"have /etc/sv/{name}/run start /usr/local/sbin/{name}, as it did",
        )
    now, _ = must_answer(name, "show", other_than=pid)
    say(f"VERDICT {name} {pid} was killed with {taken} MiB taken; {name} {now} serves in {where(now)}")


def stalled(group):
    """Give how long tasks of a cgroup have waited for memory, in ms: memory.pressure."""
    return int(read(f"{group}/memory.pressure").split("\n")[0].rpartition("=")[2] or 0) // 1000


def burst():
    pid = crash("previewd")
    group = f"/sys/fs/cgroup{cgroup(pid)}"
    limit = read(f"{group}/memory.high")
    if not limit.isdecimal():
        raise RefusedError(
            f"previewd (pid {pid}) in {cgroup(pid)}, where memory.high is {limit or 'missing'}",
            "a limit that slows it down",
            "see memory.high in the kernel's cgroup-v2 document",
        )
    limit, before, taken = int(limit), number(f"{group}/memory.events", "high"), 0
    waited = stalled(group)
    say(f"READY previewd {pid} in {cgroup(pid)}: memory.current {read(f'{group}/memory.current')}, memory.high {limit}")
    while taken < limit + 8 * MIB and (current := int(read(f"{group}/memory.current") or 0)) < limit + ABOVE:
        step_kb = STEP_KB if current > limit - 2 * MIB else 1024
        if ask("previewd", "take", str(step_kb))[0] != pid:
            raise RefusedError(
                f"that previewd (pid {pid}) died when it had taken {taken >> 10} kB",
                "that it is slowed down, and not killed",
                "see in dmesg who ended it: memory.high does not kill, memory.max does, its own and those above",
            )
        taken += step_kb << 10
    held, swapped = status_kb(pid, "RssAnon"), status_kb(pid, "VmSwap")
    high = number(f"{group}/memory.events", "high") - before
    say(f"BURST taken {taken >> 10} kB; RssAnon {held} kB, VmSwap {swapped} kB; memory.events high +{high}")
    say(f"memory.current {read(f'{group}/memory.current')}; it has waited {stalled(group) - waited} ms for memory")
    ask("previewd", "drop")
    if swapped:
        raise RefusedError(
            f"{swapped} kB of previewd in swap",
            "that nothing of it goes there: then it would hardly be slowed, and its pictures would lie on a disk",
            "see memory.swap.max of its cgroup",
        )
    if not high:
        raise RefusedError(
            f"previewd with {held} kB of memory, and never slowed down",
            "that memory.high is hit",
            "look at memory.current and memory.high of its cgroup: is it really charged there?",
        )
    if (held + swapped) << 10 < taken:
        raise RefusedError(
            f"a previewd that holds {held} kB when it says that it has taken {taken >> 10} kB",
            "the real service",
            "have /etc/sv/previewd/run start /usr/local/sbin/previewd, as it did",
        )
    say("VERDICT it was slowed down, and lives")


# -- the quiet one and its neighbours ------------------------------------------------------------------


def resident(path):
    """Give how many pages of a file are in the page cache: mincore(2), which brings none in."""
    fd = os.open(f"{ROOT}{path}", os.O_RDONLY | os.O_NOFOLLOW)
    size = os.fstat(fd).st_size
    seen = ctypes.create_string_buffer(-(-size // PAGE))
    place = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, fd, 0)
    os.close(fd)
    if libc.mincore(place, size, seen):
        raise OSError(ctypes.get_errno(), "mincore")
    libc.munmap(place, size)
    return seen.raw.translate(LOWEST_BIT).count(1)


def evicted(path, mib):
    """Take a file out of the page cache, so that who reads it next is charged for it. Refuse another file."""
    fd = os.open(f"{ROOT}{path}", os.O_RDONLY | os.O_NOFOLLOW) if os.path.isfile(f"{ROOT}{path}") else -1
    if fd < 0 or os.fstat(fd).st_size != mib * MIB or os.fstat(fd).st_dev != os.stat(f"{ROOT}/srv").st_dev:
        raise RefusedError(f"no {path} of {mib} MiB", "the file as it was", "ramlab reset 08 brings it back")
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def make_room():
    """Drop clean page cache, whoever's: what has been read before must not decide what fits."""
    os.sync()
    write("/proc/sys/vm/drop_caches", "1")


def evening():
    """Have the quiet one read its table. Give its pid."""
    evicted(TABLE, TABLE_MIB)
    pid, _ = must_answer(QUIET, "read", TABLE)
    there = resident(TABLE)
    say(f"READY {QUIET} {pid} in {cgroup(pid)} has read its table: {there} of {TABLE_MIB * MIB // PAGE} pages resident")
    if there * 100 < TABLE_MIB * MIB // PAGE * 99:
        raise RefusedError(
            f"{there} pages of {TABLE} resident when {QUIET} has just read it all",
            "that all of it fits",
            f"look at the limits of {cgroup(pid)} and of those above",
        )
    return pid


def kept(least, pid, when):
    whole = TABLE_MIB * MIB // PAGE
    say(f"of {TABLE} {least} of {whole} pages have stayed; events of {cgroup(pid)}:")
    say(f"  {', '.join(read(f'/sys/fs/cgroup{cgroup(pid)}/memory.events').splitlines()[:3])}")
    if not started(pid):
        raise RefusedError(f"that {QUIET} (pid {pid}) is gone", "that it lives", "see in dmesg who was killed, and why")
    if least * 100 < whole * KEPT:
        raise RefusedError(
            f"{least} of {whole} pages of {TABLE} left {when}",
            f"that at least {KEPT} per cent stay",
            "see which protection it has, of what kind, and whether those above it have as much",
        )


def started(pid):
    return read(f"/proc/{pid}/stat")


def noise():
    evicted(ARCHIVE, ARCHIVE_MIB)
    make_room()
    pid = evening()
    mark = os.urandom(6).hex()
    with open(f"{ROOT}{ARCHIVE}", "r+b") as file:  # what nobody can know who has not read it
        for part in range(3):
            file.seek((part + 1) * 19 * MIB)
            file.write(f"{mark} {part}\n".encode().ljust(PAGE, b"\0"))
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    expected = "".join(f"{mark} {part}\n" for part in range(3))
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    enter = ["nsenter", "--target", "1", "--mount", "--wd=/", "--", "env", "-i", f"PATH={path}", "HOME=/root"]
    most, least = 0, resident(TABLE)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaints:
        job = subprocess.Popen(
            [*enter, "LANG=C.UTF-8", JOB],
            stdin=subprocess.DEVNULL, stdout=output, stderr=complaints, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        running = True
        while running and time.monotonic() < deadline:
            running = job.poll() is None  # and one look more when it has ended
            # It stands still meanwhile: a look takes its time, and who reads on would be counted twice.
            if running:
                os.killpg(job.pid, SIGSTOP)
            most, least = max(most, resident(ARCHIVE)), min(least, resident(TABLE))
            if running:
                os.killpg(job.pid, SIGCONT)
            time.sleep(0.1 if running else 0)
        if running:
            os.killpg(job.pid, SIGKILL)
            job.wait()
            raise RefusedError(
                f"{JOB} still at work after {PATIENCE} s",
                "that it comes to its end",
                "raise its limit: it only reclaims what it has just read",
            )
        output.seek(0)
        complaints.seek(0)
        said, complained = output.read(1 << 16).decode(errors="replace"), complaints.read(1 << 16)[-200:]
    say(f"{JOB} ended with {job.returncode}; at most {most * PAGE >> 10} kB of its archive were in memory")
    if job.returncode or said != expected:
        raise RefusedError(
            f"{JOB} ended with status {job.returncode}, printed {said[-80:]!r} and complained {complained!r}",
            f"status 0, and the lines that are in the archive: {expected.splitlines()[0]} ...",
            f"run it by hand: {JOB}; a status of -9 or 137 is a kill: see dmesg",
        )
    if most * PAGE > int(os.environ["BOUND_MIB"]) * MIB + IN_FLIGHT:
        raise RefusedError(
            f"{most * PAGE >> 10} kB of {ARCHIVE} in memory at once",
            f"at most {int(os.environ['BOUND_MIB']) << 10} kB: what a tenant has read counts as its memory",
            f"have {JOB} enter a cgroup with a limit before it reads; page cache is charged to who brings it in",
        )
    kept(least, pid, "when the noisy one had done its job")
    evicted(ARCHIVE, ARCHIVE_MIB)
    say("VERDICT the job is done within its bound, and the quiet one has not noticed")


def others():
    """Bring in a file that nobody protects: page cache of a cgroup of its own, which is there to be taken."""
    os.makedirs(OTHERS, exist_ok=True)
    child = os.fork()
    if not child:
        write(f"{OTHERS}/cgroup.procs", "0")
        with open("others", "rb", buffering=0) as file:
            while file.read(MIB):
                pass
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit("the others' file could not be read")


def hog():
    """Take more than is free, in a process of its own. Give the fewest pages of the table seen, and whether it got all.

    On a busy host the kernel was seen to kill it with swap empty and cache left, as if there were nothing to reclaim.
    """
    free = number("/proc/meminfo", "MemFree") >> 10
    size = (free + SHORT_MIB) * MIB
    say(f"the machine has {free} MiB free, and somebody takes {size // MIB}")
    told, telling = os.pipe()
    child = os.fork()
    if not child:
        os.close(told)
        taken = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        piece = b"\x5a" * MIB
        for begin in range(0, size, MIB):
            taken[begin : begin + MIB] = piece
            if begin > free * MIB and begin // MIB % 4 == 0:
                os.write(telling, b"%d\n" % resident(TABLE))
        os.write(telling, b"%d\n" % resident(TABLE))
        os._exit(0)
    os.close(telling)
    with open(told) as lines:
        seen = [int(line) for line in lines]
    _, status = os.waitpid(child, 0)
    if status not in (0, SIGKILL):
        sys.exit(f"who took memory ended with status {status}")
    return min(seen, default=resident(TABLE)), not status


def night():
    write("/sys/fs/cgroup/cgroup.procs", "0")  # the machine itself runs short, and no tenant
    place = f"{ROOT}/var/tmp/workload.{os.getpid()}"
    os.mkdir(place)
    os.chdir(place)
    try:
        with open("others", "wb") as file:
            file.truncate(OTHERS_MIB * MIB)
        make_room()
        others()
        pid = evening()
        least = resident(TABLE)
        for _ in range(HOGS):
            seen, ended = hog()
            least = min(least, seen)
            if ended:
                break
        else:
            sys.exit(f"the kernel has ended {HOGS} that took memory, before they had what the machine had not")
    finally:
        os.unlink("others")
        os.chdir("/")
        os.rmdir(place)
        if os.path.isdir(OTHERS):
            os.rmdir(OTHERS)
    kept(least, pid, "when the machine had run short")
    say("VERDICT the quiet one has kept its table")


ROLES = {"show": show, "press": press, "burst": burst, "noise": noise, "night": night, "crash": crash}

play(ROLES, __doc__, right=(sys.argv[1:2] in (["show"], ["press"], ["crash"])) == (len(sys.argv) == 3))
