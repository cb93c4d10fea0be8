"""01: what `free` says, who has the memory, and what can be had back."""

from checkers import meminfo
from checkers.judging import answer, must


def test_the_alarm_is_read(host, answers):
    """The alarm is read as free of today reads it: what a new program could get, what is used, what is cache."""
    then = meminfo.parse(host.run("cat /run/lab/meminfo").stdout)
    look = "read the lines in /root/alarm.txt, and in man free (under DESCRIPTION) how it makes its columns of them"
    in_mb(answers, "available_mb", then.available_kb, "what a new program could have got", look, least=3)
    in_mb(answers, "used_mb", then.used_kb, "what free shows as used", look, least=3)
    in_mb(answers, "buff_cache_mb", then.buff_cache_kb, "what free shows as buff/cache", look, least=3)


def test_the_consumers_are_told_apart(host, lab, answers):
    """The three consumers are told apart: who has anonymous memory, who a tmpfs, who page cache, and how much of it."""
    orders, scratch, reader = lab.parameters["cast"].split()
    took = meminfo.parse(host.run("cat /run/lab/consumers").stdout)
    again = "README.md says what to look with; if you have changed it since, workload again puts last night back"
    answer(answers, "anonymous", orders, "the name of the process with the most anonymous memory", again)
    in_mb(answers, "anonymous_mb", took["anonymous"], "its anonymous memory, without files and shared memory", again)
    answer(answers, "tmpfs", scratch, "the name of the one whose files take the most of the tmpfs", again)
    in_mb(answers, "tmpfs_mb", took["tmpfs"], "all of its files there, and nobody else's", again)
    answer(answers, "page_cache", reader, "the name of the one whose archive is in the page cache", again)
    in_mb(answers, "page_cache_mb", took["page_cache"], "of the archive, what is in RAM: not its size", again)


def test_buffers_hold_the_disk(host, lab):
    """As much of the raw disk as /root/target.txt asks for is in buffers."""
    now, wanted = meminfo.read(host), lab.parameters["buffers_mib"]
    must(
        now.buffers_kb >= wanted * 1024,
        f"{mb(now.buffers_kb)} MB of buffers, beside {mb(now['Cached'])} MB of cache",
        f"{wanted} MB of buffers: blocks of the disk, read past its file system",
        "read from /dev/vda itself, and watch free -w -m: a file that is read comes into cache",
    )


def test_the_drop_is_foreseen(answers, workload):
    """What drop_caches gives back and what it cannot give back was foreseen."""
    foreseen = [answers[name] for name in ("drop_gives_mb", "drop_keeps_mb", "drop_shared_mb")]
    dropped = workload("drop")
    found = meminfo.parse(dropped.stdout.partition("MEASURED\n")[2])
    look = f"you said {', '.join(foreseen)}; see what workload drop says, and explain it to yourself"
    in_mb(answers, "drop_gives_mb", found["drop_gives"], "of the archive, what a drop gives back", look)
    in_mb(answers, "drop_keeps_mb", found["drop_keeps"], "of the archive, what stays in RAM", look)
    in_mb(answers, "drop_shared_mb", found["drop_shared"], "of shared, what a drop gives back", look)


def test_a_newcomer_fits(workload):
    """A newcomer gets its memory: available is above the target, and important lives with its data untouched."""
    workload("newcomer")


def test_the_next_night_is_bounded(workload):
    """The next night does not undo it: available stays above the target, and important has room for its orders."""
    workload("night")


# -- what several checks ask -----------------------------------------------------------------------------


def in_mb(answers, name, truth_kb, what, look, *, least=1):
    """Compare an answer in MB with what the kernel said: within 2 %, and `least` MB in any case."""
    within = max(least, round(truth_kb * 0.02 / 1024))
    answer(answers, name, mb(truth_kb), f"{what}, in MB as free -m shows them (1 MB = 1024 kB)", look, within=within)


def mb(kb):
    return round(kb / 1024)
