"""02: read what a process is made of, and decide where its memory comes from."""

import functools

from checkers import maps, processes, sysctl
from checkers.judging import answer, must

LIBRARIES = "/opt/atlas/lib"
PAINTERS = 3
NOBODY = maps.AddressSpace(pid=0, name="nobody", personality=0, mappings=())
OTHERS = ("atlasd", "painter", "legendd", "runsvdir")
SUPERVISED = "look with: sv status atlasd legendd pressd; tail /var/log/*d.log"


def test_the_address_is_traced(host, answers, workload):
    """The damaged tile is traced: which file its address stands for, and how many bytes into that file."""
    pid, tile = atlasd(workload)
    held = the_real_one(maps.read(host, pid)).at(tile)
    look = "find the line of /proc/PID/maps whose range has the address that `workload damaged` says"
    given = {"damaged_file": name_of(answers["damaged_file"])}
    answer(given, "damaged_file", name_of(held.path if held else ""), "the name of the file mapped there", look)
    offset = tile - held.start + held.offset if held else 0
    where = "bytes from the beginning of the file, as a decimal number"
    answer(answers, "damaged_offset", offset, where, "a mapping need not begin where its file does: third column")


def test_the_parts_are_named(host, answers, workload):
    """The parts of atlasd are told apart: heap, library, the file that it writes to, memory that it never touched."""
    space = the_real_one(maps.smaps(host, atlasd(workload)[0]))
    look = "read /proc/PID/maps and smaps of atlasd, not of a painter"
    heap = sum(one.size_kb for one in space.named("[heap]"))
    # It may grow while it answers, by 132 kB at a time: so much more malloc asks for than it needs.
    answer(answers, "heap_kb", heap, "the size of its [heap] in kB (to within 256)", look, within=256)
    code = {name_of(one.path) for one in space.below(LIBRARIES) if one.executable}
    must(
        name_of(answers["library"]) in code,
        f"library = {answers['library']}",
        f"the name of the file in {LIBRARIES} from which atlasd executes code",
        "look for r-xp: a file that is mapped r--p is only read",
    )
    kept = {name_of(one.path) for one in space.below("/srv") if one.writable and one.shared}
    must(
        name_of(answers["written_file"]) in kept,
        f"written_file = {answers['written_file']}",
        "the name of the file into which gets what atlasd writes to its memory",
        "two files are mapped rw-; look at the fourth letter, and in man 2 mmap for MAP_PRIVATE",
    )
    largest = max((one for one in space.mappings if one.anonymous), key=lambda one: one.size_kb)
    untouched = largest.size_kb - largest.amounts["Rss"]
    where = "of the largest anonymous mapping, the kB that are in no RAM (to within 64)"
    answer(answers, "untouched_kb", untouched, where, "smaps has Size and Rss of each mapping", within=64)


def test_the_price_is_known(host, answers, workload):
    """The price is known: what of atlasd is private and dirty, what one painter costs, what all four cost together."""
    pid, _ = atlasd(workload)
    painters = [one.pid for one in processes.table(host) if one.ppid == pid and one.name == "painter"]
    must(len(painters) == PAINTERS, f"painters {painters}", f"{PAINTERS} children of atlasd ({pid})", SUPERVISED)
    sums = processes.smaps_rollups(host, [pid, *painters])
    must(
        len(sums) == 1 + PAINTERS,
        f"that one of atlasd's family ended just now, of {pid, *painters}",
        "that they live",
        SUPERVISED,
    )
    look = "read /proc/PID/smaps_rollup: man 5 proc_pid_smaps says what each line counts"
    dirty = sums[pid]["Private_Dirty"]
    answer(answers, "private_dirty_kb", dirty, "what of atlasd is private and dirty (to within 256)", look, within=256)
    alone = sums[painters[0]].uss_kb
    answer(answers, "painter_kb", alone, "what is free when one painter ends (to within 256)", look, within=256)
    family = sum(one.pss_kb for one in sums.values())
    where = "what atlasd and its painters take together (to within 2048)"
    answer(answers, "family_kb", family, where, "RSS counts a shared page once for each of them", within=2048)


def test_nobody_runs_the_old_library(host, lab, workload):
    """No process maps the library that was replaced last night; all who used it execute the new one."""
    pid, _ = atlasd(workload)
    spaces = maps.table(host)
    old = [space for space in spaces.values() if any(one.deleted for one in space.below(LIBRARIES))]
    must(
        not old,
        f"{told(old)} with a library that is no longer in {LIBRARIES}",
        "that nobody maps a deleted file from there",
        "a process keeps the file that it has mapped, whatever happens in the folder: it has to be started anew",
    )
    library = f"{LIBRARIES}/lib{lab.parameters['library']}.so"
    legends = [space for space in spaces.values() if space.name == "legendd"]
    without = [one for one in (spaces.get(pid, NOBODY), *legends) if not any(m.executable for m in one.named(library))]
    must(
        legends and not without,
        f"without the new library: {told(without)}; and {len(legends)} named legendd",
        f"atlasd and legendd, both with {library}",
        SUPERVISED,
    )


def test_pressd_has_a_fixed_layout(host, workload):
    """pressd, and it alone, has the same addresses each time that it is started; the machine keeps its ASLR."""
    pid, before, after = restarted(workload)
    everywhere = sysctl.read(host, "kernel.randomize_va_space")["kernel.randomize_va_space"]
    must(
        everywhere == 2,
        f"kernel.randomize_va_space = {everywhere}: that is for every process of the machine",
        "2, as it was",
        "sysctl kernel.randomize_va_space=2; then look for a way that is only for one program: man setarch",
    )
    spaces = maps.table(host)
    space = spaces.get(pid, NOBODY)
    must(
        not space.randomized,
        f"{told([space])} with personality {space.personality:08x}",
        f"ADDR_NO_RANDOMIZE in it ({maps.ADDR_NO_RANDOMIZE:08x}), each time that it is started",
        "change how its supervisor starts it: /etc/sv/pressd/run",
    )
    if before != after:  # the one before may have been older than the change
        _, before, after = restarted(workload)
    must(
        before == after,
        f"[heap] of pressd at {before}, and after a restart at {after}",
        "the same addresses each time",
        "the flag has to be there before the program is started: man setarch",
    )
    others = [one for one in spaces.values() if one.name in OTHERS or one.pid == 1]
    fixed = [one for one in others if not one.randomized]
    must(
        not fixed,
        f"{told(fixed)} without randomization as well",
        "pressd alone",
        "a process inherits its personality from the one that starts it: set it in pressd's own run file",
    )


def test_tiles_and_sheets_are_apart(host, lab, workload):
    """All 300 tiles come from pressd's heap, its sheets do not, and a sheet that is freed goes back to the kernel."""
    restarted(workload)
    shown = workload("order", "all")
    pid = int(shown.stdout.split()[2])
    tiles, sheets = ([int(word, 16) for word in line.split()] for line in shown.stdout.splitlines()[-2:])
    space = maps.read(host, pid)
    outside = [address for address in tiles if not in_heap(space, address)]
    must(
        not outside,
        f"{len(outside)} of {len(tiles)} tiles outside of the heap, the first at {outside[0] if outside else 0:#x}",
        "every tile in [heap]",
        "see M_MMAP_THRESHOLD in man mallopt: a request of that size or more gets a mapping of its own",
    )
    inside = [address for address in sheets if in_heap(space, address)]
    must(
        not inside,
        f"{len(inside)} of {len(sheets)} sheets in the heap",
        "that no sheet lies in [heap]",
        "malloc's threshold rises with the first sheet that is freed, unless it is set: man mallopt, M_MMAP_THRESHOLD",
    )
    words, all_kb = workload("clear").stdout.split(), len(sheets) * lab.parameters["sheet_kib"]
    freed = int(words[words.index("kB") - 1])
    must(
        freed >= all_kb * 0.9,
        f"{freed} kB of anonymous memory less after the sheets were freed",
        f"about {all_kb} kB less",
        "what was mapped for itself is unmapped by free(): see it with strace -e munmap",
    )


# -- what several checks ask -----------------------------------------------------------------------------


@functools.cache  # checks that only look ask once
def atlasd(workload):
    """The pid of who answers on the socket, not of who bears the name, and the address that it tells."""
    words = workload("damaged").stdout.split()
    return int(words[1].rstrip(":")), int(words[-3], 16)


def restarted(workload):
    """The pid of the next pressd, and where the heaps of the last one and of the next one begin."""
    words = workload("restart", "pressd").stdout.split()
    return int(words[7]), words[4].rstrip(","), words[-1]


def the_real_one(space):
    """It maps its files; another that answers in its place would not do."""
    must(
        len(space.below("/srv/atlas")) >= 4,
        f"that who answers for atlasd (pid {space.pid}) maps {len(space.below('/srv/atlas'))} files of /srv/atlas",
        "the real one, that maps four",
        "have /etc/sv/atlasd/run start /usr/local/sbin/atlasd, as it did",
    )
    return space


def name_of(path):
    return path.strip().rpartition("/")[2]


def told(spaces):
    return ", ".join(f"{space.name} (pid {space.pid})" for space in spaces) or "nobody"


def in_heap(space, address):
    mapping = space.at(address)
    return mapping is not None and mapping.path == "[heap]"
