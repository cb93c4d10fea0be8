"""05: read what the OOM killer did, see what it will do, and decide it."""

import itertools
import math
from dataclasses import replace

from checkers import cgroups, kernel_log, processes, swaps, sysctl
from checkers.judging import answer, follows, must
from checkers.waiting import until

FAMILY = 6  # reportgen and its five children
STEP_KB = 4096  # children that leak 1 MiB each in turn are closer together than this
JOB_KB = 8192  # the job itself, a Python that waits, is smaller
SUPERVISED = "look with: sv status ledgerd reportgen; tail /var/log/*.log"
NO_WAY = {
    "vm.panic_on_oom": ([0], "the kernel then chooses nobody: the whole machine stops, and ledgerd with it"),
    "vm.oom_kill_allocating_task": ([0], "the kernel then takes whoever asks next, and that may be ledgerd"),
    "vm.overcommit_memory": ([0, 1], "memory is then refused to everybody, ledgerd too, and nobody is chosen"),
}


def test_the_victim_is_named(host, answers):
    """Last night's OOM kill is explained: who was killed, with how much anon-rss, and where memory ran out."""
    (kill,) = kernel_log.parse_kills(host.run("cat /run/lab/kern.log").stdout)
    look = "read /var/log/kern.log, which is last night's; in dmesg there are also the kills of each press since then"
    answer(answers, "killed", kill.name, "the name of the process that was killed", look)
    answer(answers, "killed_kb", kill.anon_rss_kb, "its anon-rss in kB", look)
    where = "the cgroup whose limit was hit; or global, where the machine had run out"
    answer(answers, "killed_in", kill.oom_memcg or "global", where, look)


def test_the_next_victim_is_named(host, answers):
    """The process that the OOM killer would choose next is named, as the machine is now."""
    first = processes.by_oom_score(processes.table(host))[0]
    given = answers["next_victim"]
    must(
        given in (first.name, str(first.pid)),
        f"next_victim = {given}, while another process has the highest oom_score",
        "the name or pid of the process with the highest oom_score of all, now",
        "look again in /proc/*/oom_score, and answer again: what you change in the machine changes the order",
    )


def test_ledgerd_is_never_chosen(host, lab, workload):
    """The OOM killer can never choose ledgerd, also after its supervisor has started it anew."""
    ledgerd_is_safe(host, lab, owner(workload))
    workload("crash")
    ledgerd_is_safe(host, lab, owner(workload))


def test_only_reportgen_dies(host, lab, workload):
    """Under the lab's pressure the OOM killer takes reportgen and nobody else, and ledgerd keeps its ledger."""
    family, kin = reportgen_can_be_pressed(host)
    others = bystanders(host, lab)
    kills, pressed = press(host, workload)
    must(
        not strangers(kills, kin),
        f"killed: {told(kills)}{about_swappiness(host)}",
        "that only reportgen is killed",
        "when memory runs out the highest oom_score goes first: see in dmesg who had it, and why",
    )
    it_was_the_job(family, kills)
    follows(pressed)
    must(
        bystanders(host, lab) == others,
        f"other processes than before the pressure behind {', '.join(others)}",
        "that nobody notices but reportgen",
        SUPERVISED,
    )


def test_reportgen_dies_as_a_group(host, workload):
    """All of reportgen lives in a cgroup with a limit and dies there as a group, while nobody else notices."""
    family, kin, groups = reportgen_is_fenced(host)
    kills, pressed = press(host, workload)
    must(
        not any(kill.scope == "global" or kill.oom_memcg == groups["/"].kernel_path for kill in kills),
        f"memory of the whole machine ran out; killed: {told(kills)}",
        "that reportgen hits the limit of its cgroup long before",
        "lower memory.max: `free -m` shows what the machine has to give",
    )
    must(
        not left_out(family, groups, kills) and not strangers(kills, kin),
        f"killed: {told(kills)}; as one group, without {left_out(family, groups, kills) or 'nobody of it'}",
        f"all of reportgen at once, pids {sorted(process.pid for process in family)}, and nobody else",
        "see memory.oom.group in the kernel's words: dmesg | grep oom.group",
    )
    it_was_the_job(family, kills)
    follows(pressed)
    reportgen_is_fenced(host)


def test_the_report_is_read(host, answers):
    """The report in /root/oom-report.txt is understood: who was killed, who was bigger, and what counted."""
    report = kernel_log.parse_reports(host.run("cat /run/lab/oom-report.txt").stdout)[0]
    killed, total = report.candidates()[0], report.total_pages
    bigger = max(report.tasks, key=lambda task: task.rss_pages + task.swapents_pages)
    look = "read the table under Tasks state, in /root/oom-report.txt; README.md has the kernel's rule"
    answer(answers, "report_killed", killed.pid, "the pid of the process that was killed", look)
    answer(answers, "report_bigger", bigger.pid, "the pid with the most memory, in RAM and swap together", look)
    points = "what the kernel compared, in pages (to within 200)"
    answer(answers, "report_killed_points", killed.badness(total), f"of the killed one, {points}", look, within=200)
    answer(answers, "report_bigger_points", bigger.badness(total), f"of the bigger one, {points}", look, within=200)


# -- what several checks ask -----------------------------------------------------------------------------


def ledgerd_is_safe(host, lab, pid):
    """The process that answers on the socket is the real one, and cannot be chosen. Others may bear its name."""
    pages_kb = lab.parameters["ledger_mib"] * 1024
    ledgerd = next(process for process in processes.table(host) if process.pid == pid)
    must(
        ledgerd.rss_anon_kb >= pages_kb,
        f"a ledgerd (pid {ledgerd.pid}) that holds {ledgerd.rss_anon_kb} kB of anonymous memory",
        f"the real one, that holds its ledger of {pages_kb} kB",
        "have /etc/sv/ledgerd/run start /usr/local/sbin/ledgerd, as it did",
    )
    must(
        ledgerd.oom_score == 0,
        f"ledgerd (pid {ledgerd.pid}) with oom_score {ledgerd.oom_score}, oom_score_adj {ledgerd.oom_score_adj}",
        "oom_score 0: a process that cannot be chosen; each ledgerd that is ever started",
        "change how the supervisor starts it, not only the process that happens to run",
    )


def reportgen_can_be_pressed(host):
    """Refuse before anything happens what keeps the kernel from choosing among processes at all.

    Gives reportgen's processes, and its kin, which may die with it: those, and what started them, for a wrapper
    that waits for its job belongs to it.
    """
    values, areas, groups = sysctl.read(host, *NO_WAY), swaps.read(host), cgroups.tree(host)
    for name, (good, why) in NO_WAY.items():
        must(values[name] in good, f"{name} = {values[name]}: {why}", f"{name} = 0", f"sysctl {name}=0")
    must(
        not areas or not groups["/"].swap_max_bytes,
        f"swap on {', '.join(area.path for area in areas)}: a leak fills that as well, only later and slower",
        "no swap, as it was: the question is who dies, not when",
        f"swapoff {areas[0].path if areas else ''}",
    )
    table = until(lambda: processes.table(host), reportgen, deadline=30)
    family = reportgen(table)
    must(
        family,
        "no reportgen with its five children: without the job there is no pressure, and no report either",
        f"{FAMILY} processes of that name that stay: the job and its children",
        SUPERVISED,
    )
    stopped = [process.pid for process in family if process.state == "T"]
    must(not stopped, f"reportgen stopped (pid {stopped})", "that it is free to work", f"kill -CONT {stopped[:1]}")
    safe = [process.pid for process in family if process.oom_score == 0]
    must(
        not safe,
        f"reportgen itself with oom_score 0 (pid {safe}): then others die for it, and in the end the machine",
        "that reportgen can be chosen",
        "undo oom_score_adj -1000 in /etc/sv/reportgen/run; sv restart reportgen",
    )
    slowed = [process.cgroup for process in family if slowed_for_ever(groups, process.cgroup)]
    must(
        not slowed,
        f"memory.high in {slowed}, and no memory.max: it slows a job without end and never kills it",
        "a limit at which the kernel kills, or none",
        "see memory.high and memory.max in the kernel's cgroup-v2 document",
    )
    return family, [kin for process in family for kin in [process, *wrappers(table, process)]]


def slowed_for_ever(groups, path):
    high = min(group.high_bytes for above, group in groups.items() if cgroups.within(path, above))
    return high < math.inf and cgroups.limit_bytes(fences(groups), path) == math.inf


def fences(groups):
    """The cgroups with the limits in them, without the root: in a container its limit is the size of the machine."""
    return groups | {"/": replace(groups["/"], max_bytes=math.inf, oom_group=False)}


def reportgen(table):
    """The job that has its children, and those; nothing where there is none. A wrapper may bear the name as well."""
    named = [process for process in table if process.name == "reportgen" and process.state != "Z"]
    for job in named:
        children = [process for process in named if process.ppid == job.pid]
        if len(children) == FAMILY - 1:
            return [job, *children]
    return []


def wrappers(table, process):
    """What stands between a process and its supervisor."""
    above = processes.ancestors(table, process)
    return list(itertools.takewhile(lambda one: one.name not in ("runsv", "runsvdir") and one.pid != 1, above))


def bystanders(host, lab):
    """The neighbour, and the supervisors: who has to be the same after the pressure, by name."""
    names = (lab.parameters["neighbour"], "runsvdir", "runsv")
    table = processes.table(host)
    found = {name: {(one.pid, one.start_ticks) for one in table if one.name == name} for name in names}
    must(
        found[names[0]],
        f"no process named {names[0]}: nobody has asked you to sacrifice it",
        "the neighbour, alive as it was",
        f"sv up {names[0]}",
    )
    return found


def reportgen_is_fenced(host):
    """Each process of reportgen is in a cgroup with a limit that dies as a whole. Gives these, their kin, cgroups."""
    family, kin = reportgen_can_be_pressed(host)
    groups = fences(cgroups.tree(host))
    for process in family:
        who = f"reportgen (pid {process.pid}) in the cgroup {process.cgroup}"
        must(
            cgroups.limit_bytes(groups, process.cgroup) < math.inf,
            f"{who}, which has no memory.max, nor has one above it",
            "every process of reportgen in a cgroup with memory.max, however it was started",
            "have /etc/sv/reportgen/run enter the cgroup before it starts the job: children are born where"
            " their parent is",
        )
        must(
            cgroups.oom_group(groups, process.cgroup),
            f"{who}, which has memory.oom.group 0: one of them dies, and the others stay behind",
            "that all of the job dies at once",
            "echo 1 into memory.oom.group of its cgroup",
        )
    return family, kin, groups


def press(host, workload):
    start = kernel_log.cursor(host)
    pressed = workload("press", check=False)
    return kernel_log.oom_kills(host, since=start), pressed


def owner(workload):
    """The pid of who answers on ledgerd's socket: the workload has it from the kernel and says it."""
    return int(workload("ledger").stdout.split()[1])


def left_out(family, groups, kills):
    """Of the family, the pids that no group kill was meant for.

    Who ended by itself while the kernel went through the group is not killed, only named ("already exiting").
    """
    died = {kill.group for kill in kills if kill.group}
    own = {process.pid: groups[process.cgroup].kernel_path for process in family}
    return [pid for pid, path in own.items() if not any(cgroups.within(path, group) for group in died)]


def strangers(kills, kin):
    """The kills that are not reportgen's. While its group dies its supervisor may already have begun another one."""
    pids, names = {process.kernel_pid for process in kin}, {"run", *(process.name for process in kin)}
    others = [kill for kill in kills if kill.pid not in pids and kill.name != "reportgen"]
    return [kill for kill in others if not (kill.group and kill.name in names)]


def it_was_the_job(family, kills):
    """The real job leaks in step: when the first of it dies, its children are of one size, and the parent is small."""
    job, *children = (process.kernel_pid for process in family)
    reports = [kill.report for kill in kills if kill.report and kill.pid in (job, *children)]
    sizes = {task.pid: task.rss_anon_pages * 4 for report in reports[:1] for task in report.tasks}
    held = sorted(sizes[pid] for pid in children if pid in sizes)
    must(
        not held or (held[-1] - held[0] <= STEP_KB and sizes.get(job, 0) <= JOB_KB),
        f"that reportgen ({job}) held {sizes.get(job, 0)} kB and its children {held} kB when it died",
        "the job as it was: five children that leak 1 MiB each in turn",
        "have /etc/sv/reportgen/run start /usr/local/sbin/reportgen, as it did",
    )


def told(kills):
    return ", ".join(f"{kill.name} (pid {kill.pid})" for kill in kills) or "nobody"


def about_swappiness(host):
    value = sysctl.read(host, "vm.swappiness")["vm.swappiness"]
    return "" if value == 60 else f" (vm.swappiness = {value}; without swap it has nothing to decide)"
