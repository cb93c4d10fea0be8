#!/usr/bin/python3 -IS
"""Drives lab 07: counts page faults, asks the services for more, and looks what the kernel did. Standard library only.

workload buffer     fill the correlator's buffer, as the machine is set now; how many page faults was that?
workload switch     six programs that began under `never`; then `always`; each does one thing. Whom does that help?
workload night      kill stardb and the job that bloats, wait for the new ones; whose pages are huge, whose small?
workload expose     plated takes one more plate, of 2 MiB
workload correlate  map all the huge pages that the correlator wants, and use some

The checks' own copy has three more, which would give answers away.
Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import _signal  # this and the next one: the C modules under `signal` and `socket`, which start much faster
import _socket
import itertools
import mmap
import os
import sys

from ramlab.kit import MIB, PATIENCE, ROOT, SIGKILL, RefusedError, number, play, polling, read, say, write

PLACE = f"{ROOT}/run/observatory"
THP = "/sys/kernel/mm/transparent_hugepage"
PAGE = 4096
HUGE = 2 * MIB
ZEROES = bytes(HUGE)
HIGHEST_BIT = bytes(number >> 7 for number in range(256))
PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
HUGETLB = 0x40000  # MAP_HUGETLB, which this mmap module has no name for
LARGE = 8 * MIB  # mappings from here on are somebody's data; the smaller ones are Python's
SLACK_KB = 4096  # at both ends of a mapping there may be no room for a whole huge page
OWN_KB = 10240  # of a Python program's own memory, and a huge page or two
USED_PAGES = 8  # of the correlator's: using all takes long under emulation
WATCHER = 5  # seconds for who collapses the pages of stardb from outside, whenever it has been started
MORE_MIB = 16  # what the sparse job keeps besides, in the night
SAMPLE_MIB = 8  # of the buffer, when checks count: by then memory may be set aside
SURVEY = os.environ.get("SURVEY")  # who bloats; a learner is not told
BUFFER_MIB = int(os.environ["BUFFER_MIB"])


# -- what the kernel says of memory --------------------------------------------------------------------------


def rollup(pid, name):
    """Give one of the sums of /proc/PID/smaps_rollup, in kB."""
    return number(f"/proc/{pid}/smaps_rollup", name)


def huge_kb(pid):
    """Give what lies in huge pages of 2 MiB, transparent or of the pool."""
    return sum(rollup(pid, name) for name in ("AnonHugePages", "Private_Hugetlb", "Shared_Hugetlb"))


def minor_faults():
    """Give this process's own, from the kernel's count."""
    return int(read("/proc/self/stat").rpartition(")")[2].split()[7])


def chosen(path):
    """Give the word in brackets."""
    return read(f"{THP}/{path}").partition("[")[2].partition("]")[0]


class Settings:
    """Other settings of the machine while the block lasts. Afterwards all are as they were."""

    def __init__(self, wanted):
        self.wanted = wanted

    def __enter__(self):
        self.before = {name: chosen(name) or read(f"{THP}/{name}") for name in self.wanted}
        for name, value in self.wanted.items():
            write(f"{THP}/{name}", str(value))

    def __exit__(self, *_):
        for name, value in self.before.items():
            write(f"{THP}/{name}", value)


def no_huge_page_left():
    return RefusedError(
        f"that the kernel found no free huge page; MemFree {number('/proc/meminfo', 'MemFree')} kB",
        "room for an experiment",
        "give memory back first: who bloats, and is more set aside in the hugetlb pool than anybody wants?",
    )


# -- page faults ---------------------------------------------------------------------------------------------


def filled(mib, advice=None):
    """Write to each page of a new buffer; give the buffer and how many minor faults that was."""
    memory = mmap.mmap(-1, mib * MIB, flags=PRIVATE)
    if advice is not None:
        memory.madvise(advice)
    content = b"\x5a" * (len(memory) // PAGE)
    before = minor_faults()
    memory[::PAGE] = content
    return memory, minor_faults() - before


def buffer():
    before = rollup("self", "AnonHugePages")
    small = f"hugepages-64kB/enabled {chosen('hugepages-64kB/enabled') or 'not there'}"
    say(f"READY {BUFFER_MIB} MiB to fill; enabled {chosen('enabled')}, {small}")
    memory, count = filled(BUFFER_MIB)
    huge = rollup("self", "AnonHugePages") - before
    say(f"FILLED {len(memory) // MIB} MiB: {count} minor faults, AnonHugePages {huge} kB")


def faults():
    """Count for pages of 4 kB, 64 kB and 2 MB, whatever the machine is set to."""
    counts = []
    for size, advice in (("", mmap.MADV_NOHUGEPAGE), ("64", mmap.MADV_HUGEPAGE), ("2048", mmap.MADV_HUGEPAGE)):
        every = [name for name in os.listdir(THP) if os.path.exists(f"{THP}/{name}/enabled")]
        sizes = {f"{name}/enabled": "madvise" if name == f"hugepages-{size}kB" else "never" for name in every}
        with Settings({"enabled": "madvise", "defrag": "madvise", **sizes}):
            memory, count = filled(SAMPLE_MIB, advice)
            if size == "2048" and rollup("self", "AnonHugePages") < SAMPLE_MIB * 1024:
                raise no_huge_page_left()
            memory.close()
        counts.append(count * BUFFER_MIB // SAMPLE_MIB)
    say("RESULT", *counts)


# -- who is helped by a switch -------------------------------------------------------------------------------


NAMES = ("anna", "bela", "carl", "dora", "emil", "fred")
VOLUNTEERS = f"{PLACE}/volunteers"
CAST = f"{PLACE}/cast"
OLD_MIB, ALL_MIB, NEW_MIB = 2, 4, 8  # written to under `never`; mapped then; mapped after the switch
OLD = slice(0, OLD_MIB * MIB, PAGE)


def write_old(memory):
    memory[OLD] = b"\x5a" * (OLD_MIB * MIB // PAGE)


DEEDS = {
    "reads all that it has written": lambda memory: memory[OLD],
    "writes to all of it once more": write_old,
    "forks a child": lambda _: os.fork() or _signal.pause(),
    f"maps {NEW_MIB} MiB more, and touches none of it": lambda _: mmap.mmap(-1, NEW_MIB * MIB, flags=PRIVATE),
    "writes one byte where it has never written": lambda memory: memory.__setitem__(-1, 1),
    "says madvise(MADV_HUGEPAGE) of its memory": lambda memory: memory.madvise(mmap.MADV_HUGEPAGE),
}
QUICK = {
    "enabled": "never", "hugepages-2048kB/enabled": "inherit", "khugepaged/defrag": 1, "khugepaged/max_ptes_none": 0,
    "khugepaged/scan_sleep_millisecs": 10, "khugepaged/alloc_sleep_millisecs": 10, "khugepaged/pages_to_scan": 100000,
}  # fmt: skip
DEALT = next(itertools.islice(itertools.permutations(DEEDS), int(os.environ["DEAL"]), None))


def volunteer(name, deed):
    """Start a program that writes to its memory, and does one thing at its order. Give pid and two pipes."""
    order, give = os.pipe()
    heard, reply = os.pipe()
    pid = os.fork()
    if pid:
        os.close(order)
        os.close(reply)
        return pid, give, heard
    try:
        os.setsid()
        write("/proc/self/comm", name)
        for fd in range(3):  # it may live on when who started it has gone
            os.dup2(os.open("/dev/null", os.O_RDWR), fd)
        memory = mmap.mmap(-1, ALL_MIB * MIB, flags=PRIVATE)
        write_old(memory)
        os.write(reply, b".")
        if os.read(order, 1):
            memory = (memory, DEEDS[deed](memory))  # and keeps what it got
            os.write(reply, b".")
            _signal.pause()
    finally:
        os._exit(0)


def rounds():
    return int(read(f"{THP}/khugepaged/full_scans"))


def volunteers():
    """Have all of them begin under `never`, and do their deeds under `always`, while khugepaged goes its rounds.

    It goes without pause here, and takes pages only that are full: who is sparse has nothing to fear from the
    experiment. Leaves their pids in a file.
    """
    people = {name: volunteer(name, deed) for name, deed in zip(NAMES, DEALT, strict=True)}
    for _, _, heard in people.values():
        os.read(heard, 1)
    write(f"{THP}/enabled", "always")
    for _, give, heard in people.values():
        os.write(give, b".")
        os.read(heard, 1)
    begun = rounds()
    for _ in polling(PATIENCE):
        if rounds() >= begun + 4:
            break
    else:
        sys.exit(f"khugepaged has not gone round in {PATIENCE} s")
    write(CAST, " ".join(str(pid) for pid, *_ in people.values()))


def switched():
    """Give the pids of six volunteers by name, when khugepaged has gone round."""
    failed = number("/proc/vmstat", "thp_collapse_alloc_failed")
    with Settings(QUICK):
        # By a process that begins under `never`: a fork inherits its place on khugepaged's list, and who began under
        # `always`, as this one may have, can be on it.
        status = os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-IS", __file__, "volunteers"])  # noqa: S606
    if status:
        sys.exit(f"the volunteers ended with status {status}")
    pids = dict(zip(NAMES, map(int, read(CAST).split()), strict=True))
    if number("/proc/vmstat", "thp_collapse_alloc_failed") != failed:
        end(pids.values())
        raise no_huge_page_left()
    return pids


def end(pids):
    for pid in pids:
        if read(f"/proc/{pid}/comm") in NAMES:
            os.killpg(pid, SIGKILL)


def switch():
    end(map(int, read(VOLUNTEERS).split()))
    people = switched()
    write(VOLUNTEERS, " ".join(map(str, people.values())))
    say(f"READY each had {OLD_MIB} MiB in small pages when THP was switched from never to always")
    for (name, pid), deed in zip(people.items(), DEALT, strict=True):
        say(f"  {name} (pid {pid}) then {deed}")
    say("khugepaged has gone round; the switch is put back. They live on: see in /proc/PID/smaps_rollup who was helped")


def helped():
    people = switched()
    found = [name for name, pid in people.items() if rollup(pid, "AnonHugePages") >= OLD_MIB * 1024]
    end(people.values())
    say("RESULT", *found)


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


def must_answer(name, *, old=0, patience=20):
    """Give the pid of who answers for a service, another one than `old`."""
    for _ in polling(patience):
        pid, said = ask(name)
        if said and pid != old:
            return pid
    raise RefusedError(
        f"nobody who answers on /run/observatory/{name}.sock",
        f"{name}, kept up"
        if name != "plated"
        else "plated, as it was: it can only be started anew by losing its plates",
        f"look with `sv status {name}` and in /var/log/{name}.log",
    )


def census(pid):
    """Give the kB that its large mappings span, and those of their pages that hold anything but zeroes.

    Only what is present is read: reading the rest would make it present.
    """
    mapped = held = 0
    with open(f"/proc/{pid}/pagemap", "rb") as pagemap, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in read(f"/proc/{pid}/maps").splitlines():
            span, permissions, _, _, inode, *_ = line.split()
            begin, after = (int(address, 16) for address in span.split("-"))
            if permissions != "rw-p" or inode != "0" or after - begin < LARGE:
                continue
            mapped += (after - begin) // 1024
            pagemap.seek(begin // PAGE * 8)
            present = pagemap.read((after - begin) // PAGE * 8)[7::8]
            for place, count in runs(present.translate(HIGHEST_BIT)):
                held += written(os.pread(memory.fileno(), count * PAGE, begin + place * PAGE))
    return mapped, held * PAGE // 1024


def runs(flags):
    """Give where each run of ones begins and how long it is, at most 512."""
    place = flags.find(1)
    while place >= 0:
        after = flags.find(0, place, place + 512)
        after = min(place + 512, len(flags)) if after < 0 else after
        yield place, after - place
        place = flags.find(1, after)


def written(piece):
    """Count the pages that are not all zero."""
    if piece == ZEROES[: len(piece)]:
        return 0
    if len(piece) <= PAGE:
        return 1
    half = len(piece) // 2 // PAGE * PAGE
    return written(piece[:half]) + written(piece[half:])


def sparsest():
    """Give who has the fewest records for its size, by what the services themselves say: for the learner's own run."""
    names = [name.removesuffix(".sock") for name in os.listdir(PLACE) if name.endswith(".sock")]
    said = {name: ask(name)[1].split() for name in names}
    return min((int(words[2]) / int(words[0]), name) for name, words in said.items() if words)[1]


def bloat():
    """Say what the job that bloats has mapped, and how much of that it has written."""
    say("RESULT", *census(must_answer(SURVEY)))


def night():
    jobs = ("stardb", SURVEY or sparsest())
    before = {name: must_answer(name) for name in jobs}
    for pid in before.values():
        os.kill(pid, SIGKILL)
    say(f"READY stardb and the job that bloats are killed, pids {', '.join(map(str, before.values()))}")
    stardb, job = (must_answer(name, old=pid, patience=180) for name, pid in before.items())
    ask(jobs[1], f"more {MORE_MIB}")
    try:
        judge(stardb, job)
    finally:
        ask(jobs[1], "less")
    say("VERDICT the pages of stardb are huge, and those of the job are small")


def judge(stardb, job):
    now = sum(rollup(stardb, name) for name in ("Anonymous", "Private_Hugetlb"))
    for _ in polling(WATCHER):
        huge = huge_kb(stardb)
        if huge >= now - 2 * SLACK_KB:
            break
    say(f"STARTED stardb is {stardb} now: {now} kB, of which {huge} kB in huge pages")
    (mapped, held), small = census(job), rollup(job, "Anonymous")
    say(f"STARTED the job is {job} now: {mapped} kB mapped, {held} kB written to, {small} kB of memory taken")
    wanted = int(os.environ.get("STARDB_MIB", "0")) * 1024
    if now < wanted:
        raise RefusedError(
            f"a stardb (pid {stardb}) that holds {now} kB", f"the real one, with its {wanted} kB",
            "have /etc/sv/stardb/run start /usr/local/sbin/stardb, as it did",
        )  # fmt: skip
    wanted = (int(os.environ.get("SURVEY_MIB", "0")) + MORE_MIB) * 1024
    if mapped < wanted or held < wanted // 512:
        raise RefusedError(
            f"a job that has mapped {mapped} kB and written to {held} kB",
            f"the real one, with {wanted} kB and a record in every 2 MiB of them",
            "have its run file start it with the numbers that it had",
        )
    if huge < now - 2 * SLACK_KB:
        raise RefusedError(
            f"stardb (pid {stardb}) with {huge} kB of its {now} kB in huge pages",
            "that all of its data are in huge pages, for each stardb that is ever started",
            "who may have huge pages, by `enabled`? And does stardb ask for them? See the first lines of the program",
        )
    if small > held + OWN_KB:
        raise RefusedError(
            f"that the job (pid {job}) has taken {small} kB for {held} kB that it has written",
            "small pages for it, also when it maps more",
            "allow huge pages only to who asks (madvise), or forbid them to this job (PR_SET_THP_DISABLE)",
        )


def expose():
    pid, said = ask("plated", "more 2")
    if not pid:
        must_answer("plated")
    say(f"READY plated (pid {pid}) has {said}; AnonHugePages {rollup(pid, 'AnonHugePages')} kB")


# -- the correlator ------------------------------------------------------------------------------------------


def pool():
    """Give the counts of the hugetlb pool."""
    return {name: number("/proc/meminfo", f"HugePages_{name}") for name in ("Total", "Free", "Rsvd", "Surp")}


def told(counts):
    return ", ".join(f"HugePages_{name} {count}" for name, count in counts.items())


def correlate():
    """Map all pages. That promises them (Rsvd), and no promise is given that cannot be kept; then use some."""
    wanted = int(os.environ["ORDER_PAGES"])
    before = pool()
    say(f"READY to map {wanted} huge pages; {told(before)}")
    try:
        memory = mmap.mmap(-1, wanted * HUGE, flags=PRIVATE | HUGETLB)
    except OSError as error:
        raise RefusedError(
            f"that {wanted} huge pages are refused ({error.strerror}): {told(before)}",
            f"{wanted} pages that are there and free",
            "nr_hugepages is a wish: read back what came of it; what is used by others does not count, what is"
            " taken up by bloat cannot be had",
        ) from None
    mapped = pool()
    say(f"MAPPED {wanted} pages; {told(mapped)}")
    memory[: USED_PAGES * HUGE : HUGE] = b"\x5a" * USED_PAGES
    rss, private = number("/proc/self/status", "VmRSS"), rollup("self", "Private_Hugetlb")
    say(f"USED {USED_PAGES} of them; {told(pool())}; Private_Hugetlb {private} kB, and VmRSS {rss} kB")
    memory.close()
    if mapped["Rsvd"] - before["Rsvd"] != wanted or private != USED_PAGES * HUGE // 1024:
        sys.exit("the kernel counts otherwise than this lab teaches")
    say("VERDICT all of them are there")


ROLES = {"buffer": buffer, "switch": switch, "night": night, "expose": expose, "correlate": correlate}
ROLES |= {"volunteers": volunteers}  # which only `switch` asks for
if SURVEY:
    ROLES |= {"faults": faults, "helped": helped, "bloat": bloat}

play(ROLES, __doc__)
