#!/usr/bin/python3 -IS
"""Drives the actors of lab 12, pilotd, logbookd and hornd, which live in /usr/local/sbin. Standard library only.

workload buoy             ask pilotd at which address the buoy is
workload watch            ask at which address pilotd and its crew have the list of the watch, and who they are
workload faults           say what the four patterns of task 4 do, and to how many pages
workload measure          do it, and count the page faults
workload logbook          look at each entry of logbookd's book, and at what its page tables cost
workload alarm            a busy night, then the alarm: count the faults of hornd while it fills its buffer
workload restart NAME     kill logbookd or hornd, as a crash would, and wait for its supervisor

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import ctypes
import mmap
import os
import sys
import time

from ramlab.kit import MIB, PATIENCE, ROOT, SIGKILL, RefusedError, number, play, read, say

PAGE = 4096
NOBODY = "65534"
LETTERS = 12  # of the buoy's text
CALM = 32  # faults of hornd while it sounds: a Python that answers has a few of its own
CHART = f"{ROOT}/srv/harbour/chart"
SOCKETS = {"pilotd": "pilotd.sock", "logbookd": "logbookd.sock", "hornd": "horn/sock"}
PAGEOUT, PROCESS_MADVISE = 21, 440


def ask(name, request):
    """Send a request to a daemon; give its pid, which the kernel knows, and its reply. Nobody's pid is 0."""
    connection, reply = _socket.socket(_socket.AF_UNIX), b""
    try:
        connection.settimeout(PATIENCE)
        connection.connect(f"{ROOT}/run/{SOCKETS[name]}")
        connection.sendall(request.encode() + b"\n")
        while not reply.endswith(b"\n") and (more := connection.recv(1 << 16)):
            reply += more
        owner = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
    except OSError:
        return 0, []
    finally:
        connection.close()
    return int.from_bytes(owner[:4], sys.byteorder), numbers(reply.decode(errors="replace").split())


def numbers(words):
    """Give what a daemon said, or nothing where it is no two numbers."""
    try:
        found = [int(word, 0) for word in words]
    except ValueError:
        return []
    return found if len(found) == 2 else []


def must_answer(name, request="here"):
    """Ask, and be patient: it may be about to start."""
    end = time.monotonic() + 60
    while True:
        pid, reply = ask(name, request)
        if reply:
            return pid, *reply
        if time.monotonic() > end:
            raise RefusedError(
                f"nobody who answers as {name} does on /run/{SOCKETS[name]}",
                f"{name}, kept up by its supervisor",
                f"look with `sv status {name}` and in /var/log/{name}.log",
            )
        time.sleep(0.1)


def memory(pid, places, size):
    """Give what a process has at each place, or nothing where it has none. The kernel gives it, not the process."""
    found = []
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
            for place in places:
                file.seek(place)
                found.append(file.read(size))
    except (OSError, OverflowError, ValueError):
        pass
    return found


def fields(pid):
    """Give /proc/PID/stat from field 3 on."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def faults_of(pid):
    """Give how many minor and major faults a process has had."""
    seen = fields(pid)
    return int(seen[7]), int(seen[9])


def buoy(text=""):
    pid, place, _ = must_answer("pilotd")
    if text and memory(pid, [place], LETTERS) != [text.encode()]:
        raise RefusedError(
            f"that {text!r} is not all that pilotd (pid {pid}) has at the address of the buoy",
            f"the {LETTERS} characters that begin there",
            "read them with: ramlab walk 12 PID ADDRESS",
        )
    say(f"pilotd {pid}: the buoy is at address {place:#x}")


def watch():
    pid, _, place = must_answer("pilotd")
    say(f"READY the list of the watch is at address {place:#x}, for each of:")
    for one in sorted(int(name) for name in os.listdir("/proc") if name.isdecimal()):
        if one == pid or fields(one)[1:2] == [str(pid)]:
            say(f"{read(f'/proc/{one}/comm')} {one}")


def pages(name):
    return int(os.environ[name])


def faults():
    wrote, looked, chart = pages("WRITTEN_PAGES"), pages("LOOKED_AT_PAGES"), pages("CHART_PAGES")
    say(f"write            {wrote} pages of anonymous memory, just mapped: one byte is written into each")
    say(f"look_then_write  {looked} pages of the same kind: one byte of each is read, then one is written into each")
    say(
        f"warm             {chart} pages of a file, all in the page cache, just mapped: a byte of each is read in order"
    )
    say(f"cold             {chart} pages of that file, none in the page cache, MADV_RANDOM: a byte of each is read")


def counted(area, count, *, writes):
    """Touch each page of a mapping; give how many minor and major faults that took."""
    places = range(0, count * PAGE, PAGE)
    before = faults_of("self")
    if writes:
        for place in places:
            area[place] = 1
    else:
        for place in places:
            area[place]
    after = faults_of("self")
    return after[0] - before[0], after[1] - before[1]


def anonymous(count):
    area = mmap.mmap(-1, count * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    return area


def file_mapped(file, count):
    return mmap.mmap(file, count * PAGE, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)


def measure():
    wrote, looked, chart = pages("WRITTEN_PAGES"), pages("LOOKED_AT_PAGES"), pages("CHART_PAGES")
    say("READY pattern minor major")
    say("write", *counted(anonymous(wrote), wrote, writes=True))
    area = anonymous(looked)
    twice = zip(counted(area, looked, writes=False), counted(area, looked, writes=True), strict=True)
    say("look_then_write", *map(sum, twice))
    try:
        file = os.open(CHART, os.O_RDONLY)
    except OSError as error:
        raise RefusedError(
            f"no {CHART[len(ROOT) :]}: {error.strerror}", "the chart as it was", "ramlab reset"
        ) from None
    if os.fstat(file).st_size != chart * PAGE:
        raise RefusedError(f"a chart of {os.fstat(file).st_size} bytes", f"{chart} pages, as it was", "ramlab reset")
    while os.read(file, MIB):
        pass
    say("warm", *counted(file_mapped(file, chart), chart, writes=False))
    os.sync()
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    area = file_mapped(file, chart)
    area.madvise(mmap.MADV_RANDOM)
    say("cold", *counted(area, chart, writes=False))


def logbook():
    pid, place, spacing = must_answer("logbookd")
    entries = pages("ENTRIES")
    seen = memory(pid, [place + one * spacing for one in range(entries)], 30)
    kept = sum(text.startswith(f"entry {one}: ".encode()) for one, text in enumerate(seen))
    if kept != entries:
        raise RefusedError(
            f"{kept} entries in the memory of logbookd (pid {pid})",
            f"all {entries} of them",
            "let /etc/logbook.conf say how many there are, as it did, and /etc/sv/logbookd/run start logbookd",
        )
    tables, resident = (number(f"/proc/{pid}/status", name) for name in ("VmPTE", "VmRSS"))
    say(f"logbookd {pid}: {entries} entries in {resident} kB of RAM, and {tables} kB of page tables for them")


def busy_night(pid, place, size):
    """Take from a process what can be taken, as reclaim would; what is locked cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    vector = (ctypes.c_size_t * 2)(place, size)
    libc.syscall(PROCESS_MADVISE, process, vector, ctypes.c_size_t(1), PAGEOUT, 0)
    os.close(process)


def alarm():
    pid, place, size = must_answer("hornd")
    least = pages("HORN_MIB") * MIB
    if size < least or len(memory(pid, [place, place + size - 1], 1)) < 2:
        raise RefusedError(
            f"that hornd (pid {pid}) tells of a buffer of {size} bytes at {place:#x}",
            f"that it has {least} bytes there",
            "let /etc/sv/hornd/run start /usr/local/sbin/hornd with the size that was there",
        )
    owner = read(f"/proc/{pid}/status").partition("\nUid:")[2].split()[:4]
    if owner != [NOBODY] * 4:
        raise RefusedError(
            f"hornd (pid {pid}) with the user ids {' '.join(owner)}",
            "that it runs as nobody, as it did",
            "let chpst -u nobody start it: what root may do, a service should not",
        )
    if len(read("/proc/swaps").splitlines()) < 2:
        raise RefusedError("no swap area", "the machine's swap, as it was", "swapon /srv/swap")
    busy_night(pid, place, size)
    before = faults_of(pid)
    tone = os.urandom(4).hex()
    again = must_answer("hornd", tone)
    after = faults_of(pid)
    places = range(place, place + size, PAGE)
    if again != (pid, place, size) or memory(pid, places, len(tone)) != [tone.encode()] * len(places):
        raise RefusedError(
            f"that not all of hornd's buffer (pid {pid}) has tonight's tone {tone} in it",
            "the tone in each of its pages",
            "let /etc/sv/hornd/run start /usr/local/sbin/hornd",
        )
    minor, major = after[0] - before[0], after[1] - before[1]
    say(f"READY hornd {pid} filled {len(places)} pages with {tone}: {minor} minor and {major} major faults")
    if minor + major > CALM:
        raise RefusedError(
            f"{minor + major} page faults of hornd while it filled its buffer",
            f"none, or at most {CALM}",
            "see HORN_MEMORY in /etc/sv/hornd/run, and /var/log/hornd.log",
        )


def restart(name):
    pid, _, _ = must_answer(name)
    if fields(pid)[1:2] == ["1"]:
        raise RefusedError(
            f"{name} (pid {pid}) with PID 1 for its parent",
            "a supervisor that starts it again when it dies",
            f"let runit run it: `sv status {name}`",
        )
    os.kill(pid, SIGKILL)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        now, reply = ask(name, "here")
        if reply and now != pid:
            say(f"{name} {pid} is {name} {now} now")
            return
        time.sleep(0.1)
    raise RefusedError(
        f"no {name} {PATIENCE} s after pid {pid} was killed",
        "that its supervisor starts it again",
        f"look with `sv status {name}` and in /var/log/{name}.log",
    )


ROLES = {
    "buoy": buoy, "watch": watch, "faults": faults, "measure": measure, "logbook": logbook, "alarm": alarm,
    "restart": restart,
}  # fmt: skip
MORE = {"restart": (["logbookd"], ["hornd"])}
ROLE, WORDS = [*sys.argv, ""][1], sys.argv[2:]
# `buoy TEXT` is for the check.
play(ROLES, __doc__, right=WORDS in MORE.get(ROLE, ([],)) or (ROLE == "buoy" and len(WORDS) == 1))
