"""04: what is in the page cache, what leaves it, and what is in it alone."""

from checkers import pagecache, processes, writeback
from checkers.judging import answer, follows, must

ROOT = "/proc/1/root"  # the learner's, seen by the examiner
FILE_BYTES = 12 << 20


def test_the_resident_pages_are_counted(host, answers):
    """It is known how many pages of stock.db are in the page cache, as the machine is now."""
    stock = shop_file(host, "stock.db")
    look = "count again, without reading the file: fincore, vmtouch; what you do in the machine changes the number"
    answer(answers, "resident", stock.resident_pages, "how many pages of stock.db are resident now", look)


def test_what_stays_is_explained(host, lab, answers):
    """It is known what drop_caches cannot take: whose pages are locked, how many kB, and which file is on no disk."""
    keeper = lab.parameters["keeper"]
    holds = [process for process in processes.table(host) if process.name == keeper and process.locked_kb]
    must(
        holds,
        f"no process {keeper} that has pages locked: the machine is no longer as you found it",
        f"{keeper}, kept up by its supervisor",
        f"look with: sv status {keeper}; tail /var/log/{keeper}.log",
    )
    left = f"/dev/shm/{lab.parameters['left']}.tmp"
    pagecache.read(host, left, root=ROOT)
    look = "drop the caches, and look what is still there: /proc/meminfo, fincore; README.md says where else"
    answer(answers, "locked_by", keeper, "the name of the process that has locked pages of stock.db", look)
    answer(answers, "locked_kb", holds[0].locked_kb, "how many kB it has locked", "see VmLck in /proc/PID/status")
    answer(answers, "on_no_disk", left, "the path of the biggest file that is in memory and on no disk", look)


def test_the_range_is_resident(host, lab):
    """Of index.db, exactly the pages that you were given are in the page cache: all of them, and no other."""
    first = lab.parameters["range_page"]
    last = first + lab.parameters["range_pages"] - 1
    index = shop_file(host, "index.db")
    inside = index.resident_in(first, last)
    must(
        inside == last - first + 1,
        f"{inside} of the pages {first} to {last} of index.db resident",
        f"all {last - first + 1} of them",
        "read them, or touch them; a night whose backup fills the page cache takes them away again",
    )
    must(
        inside == index.resident_pages,
        f"{index.resident_pages - inside} resident pages of index.db that nobody asked for, among {told(index.runs)}",
        f"the pages {first} to {last}, and no other",
        "readahead brings in more than was asked for: forbid it, or have the rest dropped (workload pages FILE)",
    )


def test_the_hot_file_survives_the_night(workload):
    """While the nightly backup runs, 95 % of hot.db stay in the page cache, and the backup's copies are right."""
    workload("night")


def test_little_is_only_in_memory(host, workload):
    """While the tills write, no more than your bound is only in memory, and every sale arrives."""
    follows(workload("tills", check=False), lambda: thresholds(host))


# -- what several checks ask -----------------------------------------------------------------------------


def shop_file(host, name):
    """One of the shop's files; one on a tmpfs, or cut short, is none."""
    found = pagecache.read(host, f"/srv/shop/{name}", root=ROOT)
    must(
        found.device[0] and found.size_bytes == FILE_BYTES,
        f"a /srv/shop/{name} of {found.size_bytes} bytes, on device {found.device[0]}:{found.device[1]}",
        f"the one of {FILE_BYTES} bytes on the shop's disk",
        "ramlab reset 04 brings it back",
    )
    return found


def thresholds(host):
    found = writeback.read(host)
    return (
        f" (the kernel begins to write back at {found.background_threshold_bytes >> 10} kB,"
        f" and holds writers back at {found.threshold_bytes >> 10} kB)"
    )


def told(runs):
    """Runs of pages, for a message: the first few."""
    said = ", ".join(f"{first}-{last}" for first, last in runs[:4])
    return said + (", ..." if len(runs) > 4 else "")
