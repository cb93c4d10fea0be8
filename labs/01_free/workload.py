#!/usr/bin/python3 -IS
"""Drives lab 01: what its nights do to the memory of the machine. MB are those of `free -m`. Standard library only.

workload drop        read the archive as last night, then drop the caches: what goes, what stays?
workload newcomer    start a program that takes all of the target but 30 MB: does it get them?
workload night       the job that uses the spool is at work again: does the target hold meanwhile?
workload again       put back what last night left: two parts in the spool, the archive in the page cache

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import mmap
import os
import select
import sys

from ramlab.kit import MIB, PATIENCE, ROOT, SIGKILL, RefusedError, oom_kills, play, read, say, write

NOTES = "/run/lab"  # the examiner's; who tries out for himself has what the learner was told
SPOOL = "/srv/spool"
REST_MB = 30  # of the target, what the newcomer leaves for everybody else
ORDERS_MB = 4  # new orders of a night
SCRATCH_MB = 8  # the job cannot do with less scratch; with as much it copes


# -- who is who: the checks know it; who tries out for himself is not told, so there it is seen in the machine --------


def told_mib(name):
    """Give a size that only the checks are told, MiB; 0 where nobody has told it."""
    return int(os.environ.get(f"{name}_MIB", "0"))


def who_is_who():
    """Name important, the job that broke off, and the reader."""
    if os.environ.get("CAST"):
        return os.environ.get("CAST").split()
    orders = read(f"/proc/{read('/run/important.pid').strip()}/comm").strip()
    jobs = [name for name in os.listdir(SPOOL) if name != orders]
    readers = [name for name in os.listdir("/srv") if os.path.exists(f"/srv/{name}/archive")]
    if not orders or len(jobs) != 1 or len(readers) != 1:
        sys.exit(f"important, the folder of the job in {SPOOL} or the archive is gone; ramlab reset 01 brings it back")
    return orders, *jobs, *readers


def read_last_night():
    """Give how much of the archive was read, MiB: the file is larger by half."""
    return told_mib("CACHED") or -(-os.path.getsize(ROOT + ARCHIVE) // MIB * 2 // 3)


def parts_of_last_night():
    """Give how large the parts were, MiB: the job's own words."""
    if "PART1_MIB" in os.environ:
        return [told_mib("PART1"), told_mib("PART2")]
    _, *sizes = [words.split(" MB")[0] for words in read("/var/log/night.log").split("part-")]
    return [int(size.split()[1]) for size in sizes]


class Meminfo(dict):
    """/proc/meminfo: kB by the kernel's names, and available with what is on its way there."""

    def __init__(self):
        super().__init__((line.split(":")[0], int(line.split()[1])) for line in read("/proc/meminfo").splitlines())
        # What was given back a moment ago lies in lists of each CPU: some seconds long neither free nor available.
        lists = (line.split() for line in read("/proc/zoneinfo").splitlines())
        self["MemAvailable"] += sum(4 * int(words[1]) for words in lists if words[:1] == ["count:"])

    def __str__(self):
        cache = self["Buffers"] + self["Cached"] + self["SReclaimable"]
        columns = {"free": self["MemFree"], "shared": self["Shmem"], "buff/cache": cache}
        columns["available"] = self["MemAvailable"]
        return ", ".join(f"{name} {kb // 1024}" for name, kb in columns.items()) + " MB"


def target_mb():
    return int(read(f"{NOTES}/target") or read("/root/target.txt").split()[1])


def there_is_room():
    """Give the target. Nothing is pressed where memory could run out: that would hurt important."""
    target, now = target_mb(), Meminfo()
    if now["SwapTotal"]:
        raise RefusedError(
            f"{now['SwapTotal'] // 1024} MB of swap",
            "none: what nobody needs would only move to the disk, and important with it",
            "swapoff -a",
        )
    if now["MemAvailable"] < target * 1024:
        raise RefusedError(
            f"available {now['MemAvailable'] // 1024} MB; shared {now['Shmem'] // 1024} MB",
            f"available {target} MB. Cache was counted in already: to drop it changes nothing",
            "what is shared the kernel cannot take back: look what of it is left over (df, du, fuser -v)",
        )
    important_is_well()
    say(f"READY {now}")
    return target


def important_is_well():
    """Refuse where the program that must live does not, or where anybody was at its data."""
    pid, *birth = read(f"{NOTES}/important").split() or read("/run/important.pid").split() or ["0"]
    stat = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if stat[:1] in ([], ["Z"]) or birth not in ([], stat[19:20]):
        raise RefusedError(
            f"that important ({ORDERS}, pid {pid}) is gone",
            "that it lives, as the process that it was: nobody else has its customers in memory",
            "ramlab reset 01",
        )
    held = next(int(line.split()[1]) for line in read(f"/proc/{pid}/status").splitlines() if line.startswith("RssAnon"))
    if held < ANON_MB * 1024:
        raise RefusedError(
            f"important (pid {pid}) with {held} kB of anonymous memory in RAM",
            f"its customers, {ANON_MB * 1024} kB and a little more",
            "ramlab reset 01",
        )
    path, line = f"{SPOOL}/{ORDERS}/orders", b"one more order\n\n"
    mapped = {(int(row.split()[4]), *row.split()[5:]) for row in read(f"/proc/{pid}/maps").splitlines()}
    try:
        with open(ROOT + path, "rb") as file:
            status = os.fstat(file.fileno())
            content = all(piece == line * (len(piece) // len(line)) for piece in iter(lambda: file.read(MIB), b""))
        whole = status.st_size == LIVE_MB * MIB or not LIVE_MB
        well = (status.st_ino, path) in mapped and whole and content
    except OSError:
        well = False
    if not well:
        raise RefusedError(
            f"{path} deleted, hidden or changed, while important (pid {pid}) works with it",
            "its orders as they were: not all that lies in the spool is left over",
            "ramlab reset 01; before you remove a file, fuser -v FILE shows who has it open or mapped",
        )


# -- the archive and the raw disk --------------------------------------------------------------------------


def read_archive():
    """Bring into the page cache of the archive what last night brought, and no more."""
    try:
        archive = os.open(ROOT + ARCHIVE, os.O_RDONLY)
    except OSError as error:
        raise RefusedError(
            f"no {ARCHIVE} ({error.strerror})", "the archive: what a disk holds is in nobody's way", "ramlab reset 01"
        ) from None
    os.posix_fadvise(archive, 0, 0, os.POSIX_FADV_DONTNEED)
    os.posix_fadvise(archive, 0, 0, os.POSIX_FADV_RANDOM)  # no readahead
    piece = bytearray(MIB)  # one for all: each new one would cost page faults of its own
    for _ in range(CACHED_MB):
        os.readv(archive, [piece])
    os.close(archive)


def cached_kb():
    """Give how much of the archive is in RAM: what fincore says."""
    hear, tell = os.pipe()
    argv = ["fincore", "--noheadings", "--bytes", "--output", "RES", ROOT + ARCHIVE]
    fincore = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, tell, 1)])
    os.close(tell)
    with open(hear) as said:
        pages = int(said.read())
    os.waitpid(fincore, 0)
    return pages // 1024


def refill_buffers(kb):
    """Read raw blocks of the disk until there are as many in buffers again; others may be there than before."""
    disk = os.open("/dev/vda", os.O_RDONLY)
    for _ in range(256):
        if Meminfo()["Buffers"] >= kb:
            break
        os.read(disk, 2 * MIB)
    os.close(disk)


def drop():
    read_archive()
    before, cached = Meminfo(), cached_kb()
    say(f"READY {before}; {cached // 1024} MB of {ARCHIVE} in RAM")
    write("/proc/sys/vm/drop_caches", "3")
    after, kept = Meminfo(), cached_kb()
    say(f"DROPPED {after}; {kept // 1024} MB of {ARCHIVE} in RAM")
    read_archive()
    refill_buffers(before["Buffers"])
    say("MEASURED")
    say(f"drop_gives: {cached - kept} kB")
    say(f"drop_keeps: {kept} kB")
    say(f"drop_shared: {max(before['Shmem'] - after['Shmem'], 0)} kB")


# -- a newcomer --------------------------------------------------------------------------------------------


def newcomer():
    size = there_is_room() - REST_MB
    before, kills = Meminfo(), oom_kills()
    hear, tell = os.pipe()
    child = os.fork()
    if not child:
        take(size, tell)
    os.close(tell)
    ready, _, _ = select.select([hear], [], [], PATIENCE)
    got = ready and os.read(hear, 64)
    during = Meminfo()
    os.kill(child, SIGKILL)
    os.waitpid(child, 0)
    kills = oom_kills() - kills
    say(f"TAKEN {during}; OOM kills: {kills}")
    refill_buffers(before["Buffers"])
    if kills or not got:
        raise RefusedError(
            f"that a newcomer of {size} MB {'was killed' if kills else 'did not get its memory'}",
            "that available is there for who comes",
            "look with free -m, and with dmesg",
        )
    important_is_well()
    say(f"VERDICT the newcomer got its {size} MB; free had been {before['MemFree'] // 1024} MB")


def take(size, tell):
    """Be the newcomer: have the kernel give every page, say so, and wait for the end."""
    write("/proc/self/oom_score_adj", "1000")  # if anybody has to die of this, then not important
    pages = mmap.mmap(-1, size * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
    os.write(tell, b"%d" % len(pages))
    select.select([], [], [], PATIENCE)
    os._exit(0)


# -- a night -----------------------------------------------------------------------------------------------


def in_the_learners_root(work):
    """Have a child do `work` there, where symbolic links lead where they lead for the learner.

    Gives what it said, and a function that has it tidy up: the files stay until then.
    """
    hear, tell = os.pipe()
    wait, let = os.pipe()
    child = os.fork()
    if not child:
        os.close(hear)
        os.close(let)
        os.chroot(ROOT)
        os.chdir("/")
        made = []
        try:
            os.write(tell, work(made).encode())
            os.read(wait, 1)
        finally:
            for path in made:
                os.unlink(path)
            os._exit(0)
    os.close(tell)
    os.close(wait)

    def tidy():
        os.close(let)
        os.waitpid(child, 0)

    with open(hear) as said:
        ready, _, _ = select.select([hear], [], [], PATIENCE)
        return os.read(said.fileno(), 4096).decode() if ready else "", tidy


def fill(path, megabytes):
    """Write a file as large as it may become; give how large, MB."""
    written = 0
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        while written < megabytes * MIB:
            written += os.write(file, bytes(MIB))
    except OSError:
        pass  # there is no more room, or none at all
    return written // MIB


def a_night(made):
    paths = [f"{SPOOL}/{SCRATCH}/part-night", f"{SPOOL}/{ORDERS}/orders.night"]
    sizes = [fill(paths[0], sum(PARTS_MB)), fill(paths[1], ORDERS_MB)]
    made += [path for path in paths if os.path.exists(path)]
    return " ".join(map(str, sizes))


def night():
    target = there_is_room()
    said, tidy = in_the_learners_root(a_night)
    during = Meminfo()
    tidy()
    scratch, orders = map(int, said.split())
    say(f"NIGHT {SCRATCH} has written {scratch} of {sum(PARTS_MB)} MB, {ORDERS} {orders} of {ORDERS_MB} MB; {during}")
    if scratch < SCRATCH_MB:
        raise RefusedError(
            f"that {SCRATCH} could write {scratch} MB", f"{SCRATCH_MB} MB: its work is wanted too", f"df {SPOOL}/*"
        )
    if orders < ORDERS_MB:
        raise RefusedError(
            f"that important ({ORDERS}) had room for {orders} MB of new orders after {SCRATCH} had taken its share",
            f"{ORDERS_MB} MB: what bounds the one must not starve the other",
            f"see with df {SPOOL}/* who shares a file system; a mount below it is another one",
        )
    if during["MemAvailable"] < target * 1024:
        raise RefusedError(
            f"available {during['MemAvailable'] // 1024} MB while {SCRATCH} had {scratch} MB in the spool",
            f"available {target} MB also at night",
            f"bound what {SCRATCH} may have there; see size= in man tmpfs",
        )
    important_is_well()
    say("VERDICT the target holds at night, too")


def parts(_made):
    sizes = []
    for number, size in enumerate(PARTS_MB, 1):
        path = f"{SPOOL}/{SCRATCH}/part-{number}"
        if not os.path.exists(path) or os.path.getsize(path) < size * MIB:
            sizes.append(fill(path, size) - size)
    return f"{sum(sizes)}"


def again():
    """Last night again. What is there already stays as it is."""
    missing, tidy = in_the_learners_root(parts)
    tidy()
    read_archive()
    say(f"READY {Meminfo()}")
    if int(missing):
        raise RefusedError(f"no room for {-int(missing)} MB of parts", "room as last night", f"df {SPOOL}/*")
    if cached_kb() < CACHED_MB * 1024:
        raise RefusedError(
            f"so little memory that only {cached_kb() // 1024} MB of {ARCHIVE} stay in RAM",
            "room as last night",
            "what was removed and is still open takes it: ls -l /proc/*/fd",
        )


ROLES = {"drop": drop, "newcomer": newcomer, "night": night, "again": again}

ORDERS, SCRATCH, READER = who_is_who()
ARCHIVE = f"/srv/{READER}/archive"
ANON_MB, LIVE_MB, CACHED_MB, PARTS_MB = told_mib("ANON"), told_mib("LIVE"), read_last_night(), parts_of_last_night()
play(ROLES, __doc__, right=len(sys.argv) == 2)
