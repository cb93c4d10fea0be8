#!/usr/bin/python3 -IS
"""Has the studio of lab 09 at work, and says what a setting makes of it. Standard library only.

workload tape         record a tape onto the slow disk; how much does the fsync at its end have to wait for?
workload catalogue    1000 files of the catalogue are known; then memory is wanted: which of their inodes stay?
workload jingles      drafts lie idle, jingles are played over and over, and memory is short: who goes? At
                      vm.swappiness 0 and at what it is now
workload job          a job that needs twice the memory that its cgroup has: swapped out, or killed?
workload boot         what a boot would make of the settings (they are put back afterwards)

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import mmap
import os
import stat
import sys

from ramlab.boots import applied, files_of_a_boot
from ramlab.kit import MIB, ROOT, RefusedError, number, play, read, say, write

SETTINGS = "/proc/sys/vm"
CGROUPS = "/sys/fs/cgroup"
MGLRU = "/sys/kernel/mm/lru_gen/enabled"
PAGE_KB = 4
TAPE_MIB, PIECE = 8, 128 << 10  # the disk needs seconds for it, whatever the CPU is like
SLACK_KB = 256  # that others may have unwritten meanwhile
FILES = 1000  # of the catalogue
KEPT = 0.9  # of them
SCANS_MIB, WANTED_MIB = 24, 16  # page cache beside the inodes; taken from both, twice
IDLE_MIB, JINGLES_MIB, ROOM_MIB = 16, 16, 24  # both together do not fit into the room
FEW_ROUNDS, ROUNDS = 3, 8  # playings at 0, and as it is set
LEAST_SWAPPED_KB, MOST_AGAIN_KB = 6 << 10, 1 << 10
LETTERS = bytes((at * at * 73 + (at >> 3) * 17) % 251 for at in range(4096))  # no page of zeros: those go nowhere
JOB_MIB, JOB_ROOM_MIB = 16, 8
TWINS = (
    ("dirty_bytes", "dirty_ratio"),
    ("dirty_background_bytes", "dirty_background_ratio"),
    ("overcommit_kbytes", "overcommit_ratio"),
)
PAIRS = {**dict(TWINS), **{other: one for one, other in TWINS}}  # two names for one thing: only one of them counts


def setting(name):
    return int(read(f"{SETTINGS}/{name}"))


class Group:
    """A cgroup of its own for an experiment. Leaving the block ends who is in it and removes it."""

    def __init__(self, name, room_mib=0):
        self.path = f"{CGROUPS}/{name}-{os.getpid()}"
        self._room = room_mib

    def __enter__(self):
        """Make it."""
        if "memory" not in read(f"{CGROUPS}/cgroup.subtree_control").split():
            write(f"{CGROUPS}/cgroup.subtree_control", "+memory")
        os.mkdir(self.path)
        if self._room:
            write(f"{self.path}/memory.max", f"{self._room}M")
        return self

    def __exit__(self, *_):
        """End who is still there, wait for them, and remove it."""
        write(f"{self.path}/cgroup.kill", "1")
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            os.rmdir(self.path)

    def stat(self, name):
        """Give one number of its memory.stat."""
        return number(f"{self.path}/memory.stat", name)

    def swapped_kb(self):
        """Give how much of it is in swap."""
        return int(read(f"{self.path}/memory.swap.current")) >> 10

    def begin(self, work):
        """Start a member; give its pid, an end to give it orders by, and one to hear it."""
        order, give = os.pipe()
        heard, reply = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(give)
            os.close(heard)
            try:
                write(f"{self.path}/cgroup.procs", "0")
                work(order, reply)
                os._exit(0)
            finally:
                os._exit(1)
        os.close(order)
        os.close(reply)
        return pid, give, heard


def said(heard, what):
    """Wait until a member has said something; sys.exit where it has ended instead."""
    words = os.read(heard, 256).decode()
    if not words:
        sys.exit(f"{what} ended while it was at work")
    return words


# -- the tape ------------------------------------------------------------------------------------------------


def unwritten_kb(meminfo):
    """Give Dirty and Writeback together."""
    lines = os.pread(meminfo, 8192, 0).decode().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Dirty:", "Writeback:")))


def tape():
    bound = int(os.environ["BOUND_KB"])
    path = "/srv/tapes/tape"
    try:
        fd = os.open(f"{ROOT}{path}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
        on = os.fstat(fd).st_dev
    except OSError as error:
        raise RefusedError(f"no {path} to write to ({error.strerror})", "the tapes' disk", "mount /srv/tapes") from None
    if f"{os.major(on)}:{os.minor(on)}" != read("/sys/block/vdc/dev"):
        raise RefusedError(
            f"a {path} that is not on /dev/vdc", "the tapes' slow disk, mounted at /srv/tapes", "df /srv/tapes"
        )
    os.sync()
    meminfo = os.open("/proc/meminfo", os.O_RDONLY)
    say(f"READY the disk of the tapes is idle; {unwritten_kb(meminfo)} kB are Dirty or in Writeback")
    piece, most = LETTERS * (PIECE // len(LETTERS)), 0
    for _ in range(TAPE_MIB * MIB // PIECE):
        os.write(fd, piece)
        most = max(most, unwritten_kb(meminfo))
    before = number("/proc/vmstat", "nr_written")
    os.fsync(fd)
    waited = (number("/proc/vmstat", "nr_written") - before) * PAGE_KB
    os.close(fd)
    say(f"TAPE {TAPE_MIB << 10} kB recorded; at most {most} kB of it were in no place but memory")
    say(f"the fsync at its end had to wait for {waited} kB, of a disk that writes 4096 kB in a second")
    for much, what in ((waited, "that one fsync had to wait for"), (most, "Dirty or in Writeback at once")):
        if much > bound + SLACK_KB:
            raise RefusedError(
                f"{much} kB {what}",
                f"at most {bound} kB, at any time",
                "see vm.dirty_*: which of them holds a writer back, and which only begins to write?",
            )
    say("VERDICT no fsync has to wait for long")


# -- the catalogue -------------------------------------------------------------------------------------------


def inodes():
    """Give how many inodes the kernel has, of all file systems."""
    return int(read("/proc/sys/fs/inode-nr").split()[0])


def studio():
    """Give the studio's folder, which has to be one on the machine's disk: a tmpfs is memory, and no cache."""
    path = "/srv/catalogue"
    try:
        os.makedirs(f"{ROOT}{path}", exist_ok=True)
        here, disk = os.lstat(f"{ROOT}{path}"), os.stat(f"{ROOT}/")
    except OSError as error:
        raise RefusedError(
            f"no folder {path} ({error.strerror})", "the studio's, as it was", f"ls -ld {path}"
        ) from None
    if here.st_dev != disk.st_dev or not stat.S_ISDIR(here.st_mode):
        raise RefusedError(f"a {path} that is not on the machine's disk", "the folder as it was", f"df {path}")
    return f"{ROOT}{path}"


def be_catalogue(order, reply):
    """Be the catalogue: know 1000 new files; at the order read the scans, each time."""
    folder = f"{studio()}/{os.urandom(4).hex()}"
    os.mkdir(folder)
    for entry in range(FILES):
        os.mknod(f"{folder}/{entry:04}")
    os.sync()  # what is not written yet stays in any case
    os.write(reply, b"known")
    piece = bytearray(MIB)
    with open(f"{os.path.dirname(folder)}/scans", "w+b", buffering=0) as scans:
        os.unlink(scans.name)
        scans.truncate(SCANS_MIB * MIB)  # holes: the page cache is what matters, not the disk
        while os.read(order, 1):
            scans.seek(0)
            while scans.readinto(piece):
                pass
            os.write(reply, b"read")


def catalogue():
    studio()
    with Group("catalogue") as group:
        write(f"{group.path}/memory.swap.max", "0")  # it is page cache against inodes, whatever vm.swappiness says
        before = inodes()
        _, give, heard = group.begin(be_catalogue)
        said(heard, "the catalogue")
        there = inodes()
        say(f"READY vm.vfs_cache_pressure is {setting('vfs_cache_pressure')}; {there - before} inodes more are known")
        if there - before < FILES * KEPT:
            raise RefusedError(
                f"{there - before} inodes more when {FILES} new files were looked at",
                "that they find room, and that all of it stays while nobody wants memory",
                "run it again with nothing else at work",
            )
        for _ in range(2):
            os.write(give, b".")
            said(heard, "the catalogue")
            cached = group.stat("file")
            try:
                write(f"{group.path}/memory.reclaim", f"{WANTED_MIB}M")
            except BlockingIOError:
                say("  EAGAIN: not all of that could be had")
            left = group.stat("file")
            say(f"{WANTED_MIB} MiB wanted: page cache from {cached >> 10} to {left >> 10} kB")
            if cached - left < WANTED_MIB * MIB // 2:
                raise RefusedError(
                    f"page cache of {cached >> 10} kB before {WANTED_MIB} MiB were wanted, and {left >> 10} kB after",
                    "that it is there to be taken, and is taken",
                    "see what holds it: is it locked, or on a tmpfs?",
                )
        lost = there - inodes()
    say(f"CATALOGUE {FILES - max(lost, 0)} of {FILES} inodes are still known")
    if lost > FILES * (1 - KEPT):
        raise RefusedError(
            f"that {lost} inodes were forgotten while there was page cache that nobody needs",
            f"at most {FILES - int(FILES * KEPT)}",
            "see vm.vfs_cache_pressure: what it decides, and what it is now",
        )
    say("VERDICT page cache went, and the catalogue has stayed")


# -- the jingles ---------------------------------------------------------------------------------------------


def filled(mib):
    """Give anonymous memory in which no page is of zeros."""
    pages = mmap.mmap(-1, mib * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for _ in range(mib):
        pages.write(LETTERS * (MIB // len(LETTERS)))
    return pages


def be_drafts(order, reply):
    """Be the drafts: hold memory, and never look at it again."""
    kept = filled(IDLE_MIB)
    os.write(reply, b"idle")
    os.read(order, 1)
    kept.close()


def be_player(order, reply):
    """Be the player: at each order play all jingles once."""
    piece = bytearray(256 << 10)
    with open(f"{studio()}/jingles", "w+b", buffering=0) as jingles:
        os.unlink(jingles.name)
        jingles.truncate(JINGLES_MIB * MIB)
        while os.read(order, 1):
            jingles.seek(0)
            while jingles.readinto(piece):
                pass
            os.write(reply, b"played")


def played(swappiness, rounds):
    """Let drafts and player have too little room, at this swappiness. Give kB swapped out, and refaults by round."""
    with Group("studio", ROOM_MIB) as group:
        write(f"{SETTINGS}/swappiness", str(swappiness))
        _, _drafts, heard = group.begin(be_drafts)
        said(heard, "the program with the drafts")
        _, give, heard = group.begin(be_player)
        refaults = []
        for _ in range(rounds):
            before = group.stat("workingset_refault_file")
            os.write(give, b".")
            said(heard, "the player")
            refaults.append((group.stat("workingset_refault_file") - before) * PAGE_KB)
        return group.swapped_kb(), refaults


def jingles():
    now, switch = setting("swappiness"), read(MGLRU)
    studio()
    if len(read("/proc/swaps").splitlines()) < 2:
        raise RefusedError("no swap that is active", "the disk /dev/vdd, as it was", "swapon /dev/vdd")
    say(f"READY vm.swappiness is {now}; {MGLRU} is {switch or 'not there'}")
    try:
        start = number("/proc/vmstat", "pswpout")
        never, _ = played(0, FEW_ROUNDS)
        middle = number("/proc/vmstat", "pswpout")
        swapped, again = played(now, ROUNDS)
        end = number("/proc/vmstat", "pswpout")
    finally:
        write(f"{SETTINGS}/swappiness", str(now))
    say(f"at   0: {never} kB in swap, pswpout +{middle - start}")
    say(f"at {now:>3}: {swapped} kB in swap, pswpout +{end - middle}")
    say(f"  read again in each playing of {JINGLES_MIB << 10} kB: {' '.join(map(str, again))} kB")
    if swapped < LEAST_SWAPPED_KB or end - middle < LEAST_SWAPPED_KB // PAGE_KB:
        raise RefusedError(
            f"{swapped} kB swapped out at vm.swappiness = {now}, and {never} kB at 0",
            f"at 0 nothing, and {LEAST_SWAPPED_KB} kB and more of the drafts as it is set",
            "try other values. If none decides anything: who chooses what is reclaimed in this kernel?",
        )
    if never > swapped // 4:
        raise RefusedError(
            f"{never} kB swapped out at vm.swappiness = 0, and {swapped} kB at {now}",
            "that it is this setting which decides: at 0 nothing goes",
            "see what else has the kernel swap",
        )
    if again[-1] > MOST_AGAIN_KB:
        raise RefusedError(
            f"that {again[-1]} kB of the jingles had to be read again in the last playing",
            f"at most {MOST_AGAIN_KB} kB: by then the drafts are out, and the jingles fit",
            "a higher vm.swappiness; it goes up to 200",
        )
    say("VERDICT vm.swappiness decides: the drafts have gone, and the jingles have stayed")


def job():
    with Group("job", JOB_ROOM_MIB) as group:
        say(f"READY a job of {JOB_MIB} MiB in a cgroup with {JOB_ROOM_MIB}; vm.swappiness is {setting('swappiness')}")

        def work(_order, reply):
            filled(JOB_MIB)
            os.write(reply, b"filled")

        _, _give, heard = group.begin(work)
        words = os.read(heard, 256)
        kills = number(f"{group.path}/memory.events", "oom_kill")
        free = number("/proc/meminfo", "SwapFree")
        say(f"JOB {'is done' if words else 'was killed'}; oom_kill +{kills}; {free} kB of swap are free")


# -- what a boot would make of it ----------------------------------------------------------------------------


def all_settings():
    """Give every setting of vm that can be written back."""
    names = set(os.listdir(SETTINGS)) - {"compact_memory", "drop_caches", "stat_refresh"}  # those act
    return {name: " ".join(read(f"{SETTINGS}/{name}").split()) for name in sorted(names)}


def put(wanted):
    """Write what differs. Of a pair of which only one counts, that one: the other becomes 0 by itself."""
    found = all_settings()
    changed = [name for name, value in wanted.items() if value != found.get(name)]
    for name in sorted(changed, key=lambda name: name == "overcommit_memory"):  # last: in mode 2 all is harder
        if wanted[name] != "0" or wanted.get(PAIRS.get(name), "0") == "0":
            write(f"{SETTINGS}/{name}", wanted[name])
    after = all_settings()
    lost = [name for name, value in wanted.items() if value != after.get(name)]
    if lost:
        sys.exit(f"the settings {lost} could not be put back")


def defaults():
    """Give what this kernel started with, as the scenario has noted it beside this program."""
    here = os.path.dirname(os.path.abspath(__file__))
    lines = [line.partition(":") for line in read(f"{here}/kernel.defaults").splitlines()]
    return {path.removeprefix("vm/"): " ".join(value.split()) for path, _, value in lines}


def boot():
    now, files = all_settings(), files_of_a_boot()
    say(f"READY a boot reads {', '.join(path for path, _ in files) or 'no file at all'}")
    try:
        put(defaults())
        unknown = applied(files)
        then = all_settings()
    finally:
        put(now)
    differs = [name for name in now if then[name] != now[name]]
    for name in differs:
        say(f"  vm.{name} = {then[name]} after a boot; now it is {now[name]}")
    if unknown:
        say(f"  nobody knows {', '.join(unknown)}")
    say(f"  {MGLRU}: a boot begins anew, whatever is written in sysctl.d; now it is {read(MGLRU)}")
    if differs:
        raise RefusedError(
            f"{len(differs)} settings that a boot would give other values: vm.{', vm.'.join(differs)}",
            "that each is as it is now",
            "see `man sysctl`, its section on files: which are read, in which order, and the last word counts",
        )
    say("VERDICT a boot gives the same")


ROLES = {"tape": tape, "catalogue": catalogue, "jingles": jingles, "job": job, "boot": boot}

play(ROLES, __doc__)
