#!/usr/bin/python3 -IS
"""The day of lab 04's shop. Standard library only.

workload pages FILE   which pages of a file are in the page cache (looking brings none in)
workload evening      have shopd read its hot file once, as it does every evening
workload night        the evening, then the nightly backup; is the hot file still there, and is the copy right?
workload tills        a morning of sales, all of it written by /etc/tills/record; how much was only in memory?

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import ctypes
import mmap
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

from ramlab.kit import MIB, PATIENCE, ROOT, RefusedError, number, play, polling, say

SHOP = "/srv/shop"
HOT = f"{SHOP}/hot.db"
JOURNAL = "/srv/tills/journal"
YEARS = tuple(f"{year}.tar" for year in range(2021, 2027))
COPIES = "/var/backups/shop"
BACKUP = "/etc/nightly/backup"
RECORD = "/etc/tills/record"
SHOPS, TILLS, OWN = "vdc", "vdd", "vda"  # the disks that these files are on
SOCKET = f"{ROOT}/run/shopd.sock"
ARCHIVE_MIB = 12  # each of the years
SALES_MIB = 8
LOOK_BYTES = 128 << 10  # after so many there is a look at what is only in memory
SLACK_KB = 256  # that others may have Dirty meanwhile
PAGE = 4096
KEPT = 95  # per cent of the hot file
STAMPED = range(int(os.environ.get("RANGE_PAGE", "0")) % 256, ARCHIVE_MIB * 256, 256)  # pages that are new each night

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
libc.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)


class Residency:
    """A file's pages, mapped and never touched: mincore(2) says which of them are in the page cache."""

    def __init__(self, fd):
        self.size = os.fstat(fd).st_size
        self.pages = -(-self.size // PAGE)
        self._seen = ctypes.create_string_buffer(self.pages)
        self._place = libc.mmap(None, self.size, mmap.PROT_READ, mmap.MAP_SHARED, fd, 0)
        if self._place == ctypes.c_void_p(-1).value:
            raise OSError(ctypes.get_errno(), "mmap")

    def map(self):
        """Give a byte for each page: 1 where it is resident."""
        if libc.mincore(self._place, self.size, self._seen):
            raise OSError(ctypes.get_errno(), "mincore")
        return self._seen.raw.translate(LOWEST_BIT)

    def count(self):
        """Give how many pages are resident."""
        return self.map().count(1)


LOWEST_BIT = bytes(number & 1 for number in range(256))


def vmstat(name):
    return number("/proc/vmstat", name)


def opened(path, disk, size, flags=os.O_RDONLY):
    """Open a file that has to be a regular one of this size on this disk: not a link, nor on a tmpfs."""
    with open(f"/sys/block/{disk}/dev") as file:
        device = os.makedev(*map(int, file.read().split(":")))
    expected = f"{path}, a file of {size} bytes on the disk /dev/{disk}"
    then = f"look with: ls -l {path}; df {path}"
    try:
        fd = os.open(f"{ROOT}{path}", flags | os.O_NOFOLLOW)
    except OSError as error:
        raise RefusedError(f"no {path} that can be opened ({error.strerror})", expected, then) from None
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or found.st_dev != device or found.st_size != size:
        raise RefusedError(f"a {path} of {found.st_size} bytes that is not that file", expected, then)
    return fd


def start(program, **streams):
    """Start a program in the learner's world, whoever asks."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    enter = ["nsenter", "--target", "1", "--mount", "--wd=/", "--", "env", "-i", f"PATH={path}", "HOME=/root"]
    return subprocess.Popen([*enter, "LANG=C.UTF-8", program], start_new_session=True, **streams)


def last_words(output):
    output.seek(0)
    lines = output.read().decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "nothing"


def end(process):
    """End a program that goes on for ever, with what it has started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# -- the night -----------------------------------------------------------------------------------------


def evening():
    """Let shopd read its hot file once. Give how much of it is resident then, and the file's Residency."""
    fd = opened(HOT, SHOPS, int(os.environ["HOT_MIB"]) * MIB)
    # It is new each evening: nothing of it is left of the day, and the kernel's memory of it is gone as well.
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    for _ in polling(60):
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(PATIENCE)
                connection.connect(SOCKET)
                connection.sendall(b"read\n")
                reply = connection.makefile().readline().strip()
        except OSError:
            continue
        if reply:
            break
    else:
        raise RefusedError(
            "nobody who answers on /run/shopd.sock",
            "shopd, kept up by its supervisor",
            "look with `sv status shopd` and in /var/log/shopd.log",
        )
    hot = Residency(fd)
    resident = hot.count()
    say(f"EVENING shopd {reply} bytes; of {HOT} {resident} of {hot.pages} pages are resident")
    if resident * 100 < hot.pages * 99:
        raise RefusedError(
            f"{resident} of {hot.pages} pages of {HOT} resident when shopd has just read it all",
            "that all of it fits into the page cache",
            "look what holds it back: the limit of shopd's cgroup, what is locked, what else fills memory",
        )
    return fd, hot


def new_archives(nonce):
    """Put this night's stamps into the archives, and take these out of the page cache: nobody has read them today."""
    for year in YEARS:
        fd = opened(f"{SHOP}/archive/{year}", SHOPS, ARCHIVE_MIB * MIB, os.O_RDWR)
        for page in STAMPED:
            os.pwrite(fd, stamp(nonce, year, page), page * PAGE)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def stamp(nonce, year, page):
    return f"{nonce} {year} {page}\n".encode().ljust(PAGE, b".")


def copies_are_right(nonce):
    """Read the copies past the page cache, and compare them with what the archives hold."""
    piece, blank = mmap.mmap(-1, MIB), bytes(MIB)
    for year in YEARS:
        archive = f"{SHOP}/archive/{year}"
        path = f"{COPIES}/{year}"
        fd = opened(path, OWN, ARCHIVE_MIB * MIB)
        os.fsync(fd)
        os.close(fd)
        fd = opened(path, OWN, ARCHIVE_MIB * MIB, os.O_RDONLY | os.O_DIRECT)
        for begin in range(0, ARCHIVE_MIB * MIB, MIB):
            whole = os.preadv(fd, [piece], begin) == MIB
            for page in STAMPED:
                at = page * PAGE - begin
                if 0 <= at < MIB:
                    whole = whole and piece[at : at + PAGE] == stamp(nonce, year, page)
                    piece[at : at + PAGE] = blank[:PAGE]
            if not whole or piece[:] != blank:
                raise RefusedError(
                    f"{path}, which differs from tonight's {archive} between bytes {begin} and {begin + MIB}",
                    "a whole copy of all six archives, made tonight",
                    f"cmp {archive} {path}",
                )
        os.close(fd)


def night():
    nonce = os.urandom(8).hex()
    new_archives(nonce)
    fd, hot = evening()
    least, read_before, refaults = (
        hot.count(),
        vmstat("pgpgin"),
        vmstat("workingset_refault_file"),
    )
    say(f"READY for the night: {BACKUP} is started")
    with tempfile.TemporaryFile() as output:
        backup = start(BACKUP, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        deadline = time.monotonic() + PATIENCE
        while backup.poll() is None and time.monotonic() < deadline:
            least = min(least, hot.count())
            time.sleep(0.1)
        if backup.poll() is None:
            end(backup)
            raise RefusedError(
                f"{BACKUP} still at work after {PATIENCE} s",
                "that the backup comes to its end",
                "look what holds it up: a limit so small that it only reclaims, or something that it waits for",
            )
        status, said = backup.returncode, last_words(output)
    # The file that has the name now: it may be another one than in the evening.
    now = Residency(opened(HOT, SHOPS, hot.size))
    after = min(now.count(), hot.count())
    least = min(least, after)
    os.close(fd)
    moved = vmstat("pgpgin") - read_before
    say(f"MORNING {BACKUP} ended with {status}; the machine has read {moved} kB from its disks")
    say(f"of {HOT} {after} of {hot.pages} pages are resident, and at the least there were {least}")
    say(f"refaults of the page cache meanwhile: {vmstat('workingset_refault_file') - refaults}")
    if status:
        raise RefusedError(
            f"{BACKUP} ended with status {status}, and said: {said}",
            "status 0, and a copy",
            f"run it by hand: {BACKUP}; a status of -9 or 137 is a kill: see dmesg",
        )
    copies_are_right(nonce)
    if least * 100 < hot.pages * KEPT:
        again = f", and {after} in the morning, read again from the disk" if after > least else ""
        raise RefusedError(
            f"{least} of {hot.pages} pages of {HOT} left during the backup{again}",
            f"that at least {KEPT} per cent stay resident all night",
            "change how the backup runs, or hold the hot file: each page that the backup reads or writes goes into the"
            " page cache as well, unless somebody says otherwise",
        )
    say("VERDICT the copies are right, and the hot file has stayed")


# -- the tills -----------------------------------------------------------------------------------------


def only_in_memory(meminfo):
    """Give Dirty and Writeback, kB."""
    found = dict(line.split(":") for line in os.pread(meminfo, 8192, 0).decode().splitlines())
    return [int(found[name].split()[0]) for name in ("Dirty", "Writeback")]


def hand_over(pipe, sales):
    """Write as much as the pipe takes without waiting. Give how much that was."""
    took = 0
    try:
        while took < len(sales):
            took += os.write(pipe, sales[took:])
    except (BlockingIOError, BrokenPipeError):  # full; or nobody reads, and the writer's end tells
        pass
    return took


def size_of_journal():
    try:
        return os.stat(f"{ROOT}{JOURNAL}", follow_symlinks=False).st_size
    except OSError:
        return 0


def tills():
    bound = int(os.environ["BOUND_KB"])
    piece = os.urandom(PAGE - 16)
    sales = memoryview(b"".join(number.to_bytes(16) + piece for number in range(SALES_MIB * MIB // PAGE)))
    os.sync()
    meminfo = os.open("/proc/meminfo", os.O_RDONLY)
    unwritten, held, fed, looks = 0, 0, 0, 0
    written = vmstat("nr_written")
    with tempfile.TemporaryFile() as output:
        writer = start(RECORD, stdin=subprocess.PIPE, stdout=output, stderr=output)
        say(f"READY {RECORD} is started; before it Dirty and Writeback are {only_in_memory(meminfo)} kB")
        pipe = writer.stdin.fileno()
        os.set_blocking(pipe, False)
        deadline = time.monotonic() + PATIENCE
        ended, looked_at = False, 0
        while not ended and time.monotonic() < deadline:
            ended = writer.poll() is not None
            waits = fed == len(sales) or not select.select([], [pipe], [], 0.02)[1]
            if not waits:
                fed += hand_over(pipe, sales[fed : fed + LOOK_BYTES])
            elif fed == len(sales) and not writer.stdin.closed:
                writer.stdin.close()
            elif fed == len(sales):
                time.sleep(0.02)
            if waits or fed - looked_at >= LOOK_BYTES or ended:
                unwritten = max(unwritten, sum(only_in_memory(meminfo)))
                held = max(held, fed - size_of_journal())
                looks, looked_at = looks + 1, fed
        try:
            status = writer.wait(max(1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            end(writer)
            raise RefusedError(
                f"{RECORD} still at work after {PATIENCE} s, with {fed} bytes taken",
                "that it writes what it is given and ends when that ends",
                f"try it by hand: head -c 4M /dev/urandom | {RECORD}",
            ) from None
        said = last_words(output)
    say(f"SALES {fed // 1024} kB handed over, {looks} looks, {vmstat('nr_written') - written} pages written back")
    say(f"at most {unwritten} kB were Dirty or in Writeback, at most {held // 1024} kB were with {RECORD} itself")
    if status or fed < len(sales):
        raise RefusedError(
            f"{RECORD} ended with status {status} when it had taken {fed} bytes, and said: {said}",
            f"status 0 and all {len(sales)} bytes",
            f"try it by hand: head -c 4M /dev/urandom | {RECORD}",
        )
    sales_are_there(sales)
    expected = f"at most {bound} kB that are only in memory"
    if unwritten > bound + SLACK_KB:
        raise RefusedError(
            f"{unwritten} kB Dirty or in Writeback at once",
            expected,
            "lower the threshold at which the kernel holds writers back; or have the program write past the page cache,"
            " or wait for the disk more often",
        )
    if held // 1024 > bound + SLACK_KB:
        raise RefusedError(
            f"{held // 1024} kB that {RECORD} had taken and had in no file yet",
            expected,
            "write sooner: what waits in the program's own memory is lost with the power just as well",
        )
    say("VERDICT every sale is on the disk, and few were ever only in memory")


def sales_are_there(sales):
    """Have the journal written out whole, and compare it with what was sold."""
    fd = opened(JOURNAL, TILLS, len(sales), os.O_RDWR)
    os.fsync(fd)  # raises where the kernel could not write it
    for begin in range(0, len(sales), MIB):
        if os.pread(fd, MIB, begin) != sales[begin : begin + MIB]:
            raise RefusedError(
                f"{JOURNAL}, which differs from what was sold between bytes {begin} and {begin + MIB}",
                "every byte that the tills have sent, in its order",
                f"try it by hand: head -c 4M /dev/urandom | tee /tmp/sold | {RECORD}; cmp /tmp/sold {JOURNAL}",
            )
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)  # or it would push out what others have in the page cache
    os.close(fd)


# -- looking -------------------------------------------------------------------------------------------


def pages(path):
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    if not os.fstat(fd).st_size:
        say(f"{path} is empty")
        return
    found = Residency(fd)
    seen = found.map()
    say(f"{path}: {seen.count(1)} of {found.pages} pages are resident")
    first = seen.find(1)
    while first >= 0:
        gap = seen.find(0, first)
        last = (gap if gap >= 0 else found.pages) - 1
        say(f"  {first}-{last} ({last - first + 1})")
        first = seen.find(1, last + 1)


ROLES = {"pages": pages, "evening": evening, "night": night, "tills": tills}

play(ROLES, __doc__, right=(sys.argv[1:2] == ["pages"]) == (len(sys.argv) == 3))
