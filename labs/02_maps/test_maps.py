"""02: read what a process is made of, and decide where its memory comes from."""

from checkers import maps, processes, sysctl
from checkers.judging import answer, must

NOT_SO = 20  # the workload's exit status when the machine is not as it should be
LIBRARIES = "/opt/atlas/lib"
PAINTERS = 3
SUPERVISED = "look with: sv status atlasd legendd pressd; tail /var/log/*d.log"


def test_the_address_is_traced(host, answers, workload):
    """The damaged tile is traced: which file its address stands for, and how many bytes into that file."""
    words = said(workload("damaged", check=False))
    tile = int(words[words.index("address") + 1], 16)
    held = atlasd(maps.read(host, int(words[1].rstrip(":")))).at(tile)
    look = "find the line of /proc/PID/maps whose range has the address that `workload damaged` says"
    given = {"damaged_file": name_of(answers["damaged_file"])}
    answer(given, "damaged_file", name_of(held.path if held else ""), "the name of the file mapped there", look)
    offset = tile - held.start + held.offset if held else 0
    where = "bytes from the beginning of the file, as a decimal number"
    answer(answers, "damaged_offset", offset, where, "a mapping need not begin where its file does: third column")


def test_the_parts_are_named(host, answers, workload):
    """The parts of atlasd are told apart: heap, library, the file that it writes to, memory that it never touched."""
    space = atlasd(maps.smaps(host, pid_of(workload, "who", "atlasd")))
    look = "read /proc/PID/maps and smaps of atlasd, not of a painter"
    heap = sum(one.size_kb for one in space.named("[heap]"))
    answer(answers, "heap_kb", heap, "the size of its [heap] in kB (to within 64)", look, within=64)
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
    pid = pid_of(workload, "who", "atlasd")
    painters = [one.pid for one in processes.table(host) if one.ppid == pid and one.name == "painter"]
    must(len(painters) == PAINTERS, f"painters {painters}", f"{PAINTERS} children of atlasd ({pid})", SUPERVISED)
    sums = maps.rollups(host, pid, *painters)
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
    pid = pid_of(workload, "who", "atlasd")
    spaces, table = maps.table(host), {one.pid: one for one in processes.table(host)}
    old = [one for one, space in spaces.items() if any(mapping.deleted for mapping in space.below(LIBRARIES))]
    must(
        not old,
        f"{', '.join(told(table, one) for one in old)} with a library that is no longer in {LIBRARIES}",
        "that nobody maps a deleted file from there",
        "a process keeps the file that it has mapped, whatever happens in the folder: it has to be started anew",
    )
    library = f"{LIBRARIES}/lib{lab.parameters['library']}.so"
    users = [pid, *(one for one in table if table[one].name == "legendd")]
    without = [told(table, one) for one in users if not executes(spaces.get(one), library)]
    must(
        len(users) > 1 and not without,
        f"users of the library: {', '.join(told(table, one) for one in users)}; without it: {', '.join(without) or '-'}",
        f"atlasd and legendd, both with {library}",
        SUPERVISED,
    )


def test_pressd_has_a_fixed_layout(host, workload):
    """pressd, and it alone, has the same addresses each time that it is started; the machine keeps its ASLR."""
    first = fixed(host, pid_of(workload, "who", "pressd"))
    again = fixed(host, restarted(workload))
    must(
        first == again,
        f"pressd's mappings at {first}, and after a restart at {again}",
        "the same addresses",
        "look in both with: cat /proc/PID/personality",
    )


def test_tiles_and_sheets_are_apart(host, lab, workload):
    """All 300 tiles come from pressd's heap, its sheets do not, and a sheet that is freed goes back to the kernel."""
    restarted(workload)
    shown = workload("order", "all", check=False)
    pid = int(said(shown)[2])
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
    before = maps.rollups(host, pid)[pid]
    said(workload("clear", check=False))
    freed, all_kb = (before - maps.rollups(host, pid)[pid])["Anonymous"], len(sheets) * lab.parameters["sheet_kib"]
    must(
        freed >= all_kb * 0.9,
        f"{freed} kB of anonymous memory less after the sheets were freed",
        f"about {all_kb} kB less",
        "what was mapped for itself is unmapped by free(): see it with strace -e munmap",
    )


# -- what several checks ask -----------------------------------------------------------------------------


def said(result):
    """The words of what the workload said; one that broke is nobody's answer."""
    if result.status == NOT_SO:
        raise AssertionError(result.stdout.splitlines()[-1])
    if result.status:
        raise RuntimeError(f"the workload broke, status {result.status}: {result.stdout[-300:]}{result.stderr[-300:]}")
    return result.stdout.split()


def pid_of(workload, *words):
    """The pid of who answers on the socket, not of who bears the name: the workload has it from the kernel."""
    return int(said(workload(*words, check=False))[1])


def restarted(workload):
    return int(said(workload("restart", "pressd", check=False))[4])


def atlasd(space):
    """The real one maps its files; another that answers in its place would not do."""
    must(
        len(space.below("/srv/atlas")) >= 4,
        f"that who answers for atlasd (pid {space.pid}) maps {len(space.below('/srv/atlas'))} files of /srv/atlas",
        "the real one, that maps four",
        "have /etc/sv/atlasd/run start /usr/local/sbin/atlasd, as it did",
    )
    return space


def name_of(path):
    return path.strip().rpartition("/")[2]


def told(table, pid):
    return f"{table[pid].name if pid in table else 'a process'} (pid {pid})"


def executes(space, path):
    return space is not None and any(one.executable and not one.deleted for one in space.named(path))


def in_heap(space, address):
    mapping = space.at(address)
    return mapping is not None and mapping.path == "[heap]"


def fixed(host, pid):
    """Where heap and C library of pressd begin, if its layout is not left to chance and everybody else's is."""
    everywhere = sysctl.read(host, "kernel.randomize_va_space")["kernel.randomize_va_space"]
    must(
        everywhere == 2,
        f"kernel.randomize_va_space = {everywhere}: that is for every process of the machine",
        "2, as it was",
        "sysctl kernel.randomize_va_space=2; then look for a way that is only for one program: man setarch",
    )
    spaces, table = maps.table(host), processes.table(host)
    space = spaces.get(pid) or maps.read(host, pid)
    must(
        not space.randomized,
        f"pressd (pid {pid}) with personality {space.personality:08x}",
        f"one with ADDR_NO_RANDOMIZE in it ({maps.ADDR_NO_RANDOMIZE:08x}), each time that it is started",
        "change how its supervisor starts it: /etc/sv/pressd/run",
    )
    others = [
        f"{one.name} (pid {one.pid})" for one in table
        if one.name in ("atlasd", "painter", "legendd", "runsvdir") or one.pid == 1
        if one.pid in spaces and not spaces[one.pid].randomized
    ]
    must(
        not others,
        f"{', '.join(others)} without randomization as well",
        "pressd alone",
        "a process inherits its personality from the one that starts it: set it in pressd's own run file",
    )
    ours = [one for one in space.mappings if one.path in ("[heap]", "[vdso]") or name_of(one.path) == "libc.so.6"]
    return {name_of(one.path): f"{one.start:#x}" for one in reversed(ours)}
