"""11: find who leaks, what a group costs, where memory of nobody is; give it back, and contain the leak."""

from checkers import kernel_log, processes, unlinked
from checkers.judging import answer, follows, must
from checkers.waiting import until

HIDDEN_MIB = 8  # what may hide


def test_the_leak_is_found(answers, workload):
    """The service that leaks is named, with its rate in MB per minute."""
    name, rate = measured(workload)
    look = "look twice with a minute between, or see what pidstat says of page faults (4 kB each)"
    answer(answers, "leaker", name, "the name of the service that grows, and goes on growing", look)
    answer(answers, "leak_mb_per_min", rate, "its growth in MB per minute, within 15 %", look, within=0.15 * rate)


def test_the_group_is_priced(host, lab, answers):
    """The true cost of the picture service is known: of all its processes together, and of one worker."""
    family = pictures(host, lab)
    sums = processes.smaps_rollups(host, [process.pid for process in family])
    whole = sum(one.pss_kb for one in sums.values())
    workers = [sums[process.pid].uss_kb for process in family[1:] if process.pid in sums]
    answer(
        answers, "pictures_kb", whole, "what all its processes cost together, in kB, within 5 %",
        "RSS counts the shared pages once for each process, and USS not at all; which column shares them out?",
        within=whole // 20,
    )  # fmt: skip
    answer(
        answers, "worker_kb", sum(workers) // len(workers), "what comes back if one worker ends, in kB, within 10 %",
        "what it shares stays with the others: only what is the worker's own comes back",
        within=min(workers) // 10,
    )  # fmt: skip


def test_the_hidden_memory_is_found(host, lab, answers):
    """The memory that no process shows is found: in which file system it is, and who keeps it there."""
    (kept, *_) = kept_by(host, lab)
    look = "compare df with du on every tmpfs, and look for (deleted) in: ls -l /proc/[0-9]*/fd"
    answer(answers, "hidden_in", kept.folder, "where the file system is mounted whose memory nobody shows", look)
    answer(answers, "hidden_by", lab.parameters["trail"], "the name of the process that keeps it", look)


def test_the_hidden_memory_is_bounded(host, lab):
    """What was hidden is given back, and no more than 8 MB can hide there again, while its service runs."""
    for kept in kept_by(host, lab):
        must(
            kept.file_system != "tmpfs" or kept.file_system_kb <= HIDDEN_MIB * 1024,
            f"{kept.path} of {lab.parameters['trail']} (pid {kept.pid}) with {kept.allocated_kb} kB,"
            f" in a file system of {kept.file_system_kb} kB",
            f"that its file system holds {HIDDEN_MIB * 1024} kB at most",
            "mount -o remount,size=8M; where that is refused, more is in it: first give back what the file holds",
        )


def test_the_leak_is_contained(host, lab, workload):
    """In Friday's sale the leaker is restarted before its bound, twice, no order is lost, and nobody else is hurt."""
    others = bystanders(host, lab)
    start = kernel_log.cursor(host)
    pressed = workload("press", check=False)
    strangers = [kill for kill in kernel_log.oom_kills(host, since=start) if not ours(kill, lab)]
    must(
        not strangers,
        f"killed: {', '.join(f'{kill.name} (pid {kill.pid}, {kill.scope})' for kill in strangers)}",
        f"that nobody dies but {lab.parameters['orders']}, and that only its own limit is hit",
        "see in dmesg whose cgroup ran out, and who else lives in it",
    )
    follows(pressed)
    must(
        bystanders(host, lab) == others,
        f"other processes than before the sale behind {', '.join(others)}",
        "that nobody notices but the leaker",
        "look with: sv status /etc/service/*; tail /var/log/*.log",
    )


# -- what several checks ask -----------------------------------------------------------------------------


def measured(workload):
    """Name and leak (MB per minute) of who takes the orders: the workload counts its pages, before and after."""
    _, name, rate = workload("measure").stdout.splitlines()[-1].rsplit(maxsplit=2)
    return name, float(rate)


def pictures(host, lab):
    """The picture service, its parent first. It may just have been restarted."""
    name, count = lab.parameters["pictures"], lab.parameters["workers"]

    def families():
        named = processes.named(host, name)
        found = [[parent, *(one for one in named if one.ppid == parent.pid)] for parent in named]
        return [family for family in found if len(family) == count + 1]

    found = until(families, len, deadline=30)
    must(found, f"no {name} with its {count} workers", "all of it, as it was", f"sv restart {name}")
    return found[0]


def kept_by(host, lab):
    """The files without a name that the clicks' service holds open, the biggest first."""
    name = lab.parameters["trail"]

    def files():
        pids = [process.pid for process in processes.named(host, name)]
        return [file for file in unlinked.table(host) if file.pid in pids]

    found = until(files, len, deadline=30)
    must(found, f"no {name} that writes down clicks", "that it runs, with its file, as it did", f"sv up {name}")
    return sorted(found, key=lambda file: -file.allocated_kb)


def bystanders(host, lab):
    """Who has to be the same after the sale, by name."""
    names = [*(lab.parameters[name] for name in ("catalogue", "pictures", "trail")), "runsvdir"]
    table = processes.table(host)
    found = {name: {(one.pid, one.start_ticks) for one in table if one.name == name} for name in names}
    for name, ones in found.items():
        must(ones, f"no process named {name}", "all of the shop's services, as they were", f"sv up {name}")
    return found


def ours(kill, lab):
    """The leaker, in a cgroup: there also the shell that is about to become it."""
    return kill.scope == "cgroup" and kill.name in (lab.parameters["orders"][:15], "run", "sh", "python3")
