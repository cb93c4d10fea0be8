"""14: zones: which one memory comes from, when it is refused, how it falls into pieces, and what has to be low."""

import re

from checkers import meminfo, pagemap, processes, zones
from checkers.judging import answer, must

SIDES = ("north", "east", "south", "west")
DEFAULT_SCALE = 10
PIECE = 9  # the order of 2 MiB
HARBOUR = ("ferryd", "quayd", "craned", "tided", "buoyd")
LOW = ("sockets", "disk")  # what has to be where the kernel can always reach it
NEAR_KB = 4096  # what others take or give back meanwhile


def test_the_zones_are_named(host, answers):
    """For each of the four buffers it is known from which zone its memory came, and which zone of the book is empty."""
    seen = zones.read(host)
    empty = [zone.name for zone in seen.all if not zone.managed and zone.name != "Device"]
    look = "look for `managed` in /proc/zoneinfo"
    answer(answers, "empty", empty[0], "the zone of DMA, DMA32, Normal and Movable that has no page at all", look)
    buffers = read_buffers(host)
    pages = pagemap.read(host, buffers.values())
    look = "workload frame PID ADDRESS, and start_pfn and spanned of each zone in /proc/zoneinfo"
    for side in SIDES:
        zone = seen.holding(pages[buffers[side]].frame or 0).name
        answer(answers, side, zone, f"the zone that the page of {side} is in, as zoneinfo calls it", look)


def test_the_watermarks_are_computed(host, lab, answers):
    """What the change makes of the watermarks is computed: of DMA32, of Movable, and where it ends for a process."""
    seen = zones.read(host)
    new = {"min_free_kbytes": lab.parameters["wanted_kb"], "watermark_scale_factor": DEFAULT_SCALE}
    dma32 = seen.watermarks(seen["DMA32"], **new)
    movable = seen.watermarks(seen["Movable"], **new)
    stops = dma32.min + seen.protection(seen["DMA32"], against="Movable")
    look = "the rule is in README.md, and `managed` of each zone in /proc/zoneinfo"
    answer(answers, "dma32_min", dma32.min, "min of DMA32 after the change, in pages", look, within=2)
    answer(answers, "dma32_low", dma32.low, "low of DMA32 after the change, in pages", look, within=2)
    answer(answers, "movable_min", movable.min, "min of Movable after the change, in pages", look, within=2)
    wanted = "at how many free pages of DMA32 a process that wants anonymous memory is refused, after the change"
    answer(answers, "stops_at", stops, wanted, "min, and the protection against a request for Movable", within=2)


def test_kswapd_begins_early(host, lab):
    """The change is made, and kswapd has its head start: in DMA32 low is as far above min as was asked for."""
    seen = zones.read(host)
    wanted, gap = lab.parameters["wanted_kb"], lab.parameters["gap"]
    must(
        seen.min_free_kbytes == wanted,
        f"vm.min_free_kbytes = {seen.min_free_kbytes}",
        f"{wanted}: more would be taken from everybody, less is not what was asked for",
        f"sysctl vm.min_free_kbytes={wanted}",
    )
    zone = seen["DMA32"]
    must(
        gap <= zone.low - zone.min <= gap * 1.1,
        f"DMA32 with min {zone.min} and low {zone.low}, which are {zone.low - zone.min} pages apart",
        f"{gap} pages, or up to a tenth more",
        "another sysctl has the distance, in 10000ths of a zone: see the rule in README.md",
    )


def test_what_is_in_the_way_is_named(lab, answers, workload):
    """Who keeps the memory in pieces is named, with what it has locked, and the setting that lets it."""
    said = workload("ring").stdout
    # What was locked when it was looked up: each morning the ring takes what there is.
    counts = [int(word) for word in re.findall(r"\b\d+\b", said.partition(" has ")[2])]
    given = int(re.sub(r"\D", "", answers["locked_kb"]) or 0)
    frames = min(counts, key=lambda count: abs(count * 4 - given))
    look = "look at Locked in /proc/PID/smaps, and at what sysctl knows of compaction"
    answer(answers, "in_the_way", lab.parameters["ring"], "the program whose pages lie all over the zone Movable", look)
    wanted = "how much memory, in RAM, it has locked; kB, to within 64"
    answer(answers, "locked_kb", frames * 4, wanted, look, within=64)
    setting = answers["setting"].replace("/", ".").removeprefix("vm.")
    must(
        setting == "compact_unevictable_allowed",
        f"setting = {answers['setting']}",
        "the sysctl because of which compaction passes its pages by",
        look,
    )


def test_the_memory_is_whole_again(host, lab, workload):
    """In the zone Movable there are as many free pieces of 2 MiB as you were asked for, and nobody was ended for it."""
    workload("ring")
    wanted = {lab.parameters[role] for role in ("ring", "lens", "bulk")}
    ended = wanted - {process.name for process in processes.table(host)}
    must(not ended, f"no {' nor '.join(sorted(ended))}", "all three programs, as they were", "ramlab reset 14")
    found = zones.read(host)["Movable"].pieces(PIECE)
    must(
        found >= lab.parameters["pieces"],
        f"{found} pieces of 2 MiB in the free blocks of the zone Movable",
        f"{lab.parameters['pieces']}, as the machine is now",
        "have the kernel compact, once nothing keeps it from moving what is in the way",
    )


def test_the_pool_is_filled_in_the_morning(workload):
    """After a boot's settings and a new ring the pool of 2 MiB pieces is filled, and the ring has its frames."""
    workload("morning")


def test_user_pages_come_from_highmem(host, answers, workload):
    """On the 32-bit machine it was measured what of pilotd's memory comes from HighMem, and what of it is low."""
    workload("release", "pilotd")
    free = meminfo.read(host)
    workload("hold", "pilotd")
    taken = free - meminfo.read(host)
    look = "workload release pilotd; free -lm or grep Free /proc/meminfo; workload hold pilotd; and look again"
    wanted = "by how many kB {} falls when pilotd takes its memory (to within 4096)"
    answer(answers, "high_fell", taken["HighFree"], wanted.format("HighFree"), look, within=NEAR_KB)
    answer(answers, "low_fell", taken["LowFree"], wanted.format("LowFree"), look, within=NEAR_KB)


def test_what_remains_low_is_named(host, lab, answers, workload):
    """On the 32-bit machine it is known which two of five kinds of memory remain low, and how much the two take."""
    held = dict(zip(HARBOUR, lab.parameters["kinds"].split(), strict=True))
    low = {name for name, kind in held.items() if kind in LOW}
    given = {answers["low_one"].lower(), answers["low_other"].lower()}
    look = "let one after the other release and hold its memory, and look at LowFree and HighFree"
    must(
        given == low,
        f"low_one = {answers['low_one']}, low_other = {answers['low_other']}",
        "the two of five whose memory is low",
        look,
    )
    for name in sorted(low):
        workload("release", name)
    free = meminfo.read(host)
    for name in sorted(low):
        workload("hold", name)
    taken = (free - meminfo.read(host))["LowFree"]
    wanted = "how many kB of LowFree those two take together (to within 10 %)"
    answer(answers, "low_kb", taken, wanted, look, within=taken // 10)


# -- what several checks ask -----------------------------------------------------------------------------


def read_buffers(host):
    """Where each buffer is, as its program wrote when it began; kept with the examiner: side to pid and address."""
    text = host.run("cat /run/lab/buffers").stdout
    found = {}
    for line in text.splitlines():
        side, pid, address = line.split()
        found[side] = (int(pid), int(address, 16))
    return found
