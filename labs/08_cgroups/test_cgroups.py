"""08: cgroups, of both versions: who pays, what a limit does, and what a protection is worth."""

import math

from checkers import cgroups, cgroups_v1, kernel_log, processes
from checkers.judging import answer, follows, must

MIB = 1 << 20
STUDIO = "/house/studio"
STUDIO_MIB = 56
TRANSLATED = {
    "memory.max": (
        "till_mib",
        "what memory.limit_in_bytes of its cgroup on the old machine says",
        "see /root/till.v1, or on the old machine: ramlab shell 08.old",
    ),
    "memory.swap.max": (
        "till_swap_mib",
        "as much swap as it could have on the old machine when all of its memory was in use",
        "memory.memsw.limit_in_bytes counts memory and swap together, memory.swap.max swap alone",
    ),
    "memory.low": (
        "till_soft_mib",
        "what was its soft limit: up to there its memory is reclaimed last",
        "what was memory.soft_limit_in_bytes is memory.low now; a cgroup has no more of it than each one above it",
    ),
}
"""The file of version 2: the parameter with its truth, in MiB, and what a refusal says."""


def test_the_payer_is_known(host, lab, answers):
    """It is known which cgroup pays for the file that was left, how much that is, and which limit holds for it."""
    groups = cgroups.tree(host, "/house")
    left = f"/dev/shm/{lab.parameters['left']}.tmp"
    payer = f"/house/{lab.parameters['payer']}/spool"
    kb = groups[payer].stat["shmem"] >> 10 if payer in groups else 0
    must(
        kb >= lab.parameters["left_kb"],
        f"{left} charged where it was with {kb} kB of its {lab.parameters['left_kb']} kB",
        "the file and its cgroup, as they were",
        "ramlab reset 08 brings them back",
    )
    limit = cgroups.limit_bytes(groups, payer)
    must(
        limit < math.inf,
        f"no limit for {payer} any more, nor above it",
        "the limits there as they were: they are to be understood",
        "write memory.max back, or ramlab reset 08",
    )
    look = "memory.stat of each cgroup below /sys/fs/cgroup/house says what it is charged for: a tmpfs is shmem"
    answer(answers, "payer", payer, f"the cgroup that is charged for {left}, from /house on", look)
    answer(answers, "payer_kb", kb, "how many kB of shmem it is charged for, within 5 %", look, within=kb // 20)
    answer(
        answers, "payer_limit_mib", int(limit) // MIB, "how much it can be charged for at most, in MiB",
        "limits hold for everything below: look at memory.max of it and of each one above",
    )  # fmt: skip


def test_the_encoder_dies_alone_and_whole(host, lab, workload):
    """At its limit the encoder dies whole, helper and all, none of it in swap, and nobody else; and again next time."""
    family, others = encoder(host, lab)
    start = kernel_log.cursor(host)
    pressed = workload("press", "encoderd", check=False)
    kills = kernel_log.oom_kills(host, since=start)
    strangers = [kill for kill in kills if kill.name not in ("encoderd", "run") or kill.scope == "global"]
    must(
        not strangers,
        f"killed: {told(kills)}",
        "that only the encoder dies, at its own limit",
        "see in dmesg whose limit was hit, and who else lives there",
    )
    follows(pressed)
    answers_itself(pressed, "encoderd", family[0])
    died = {kill.pid for kill in kills}
    spared = [process.pid for process in family if process.kernel_pid not in died]
    must(
        not spared,
        f"killed: {told(kills)}; left behind of the same encoder: pid {spared}",
        "that its helper dies with it: without its encoder it is of no use, and each kill would leave one more",
        "see memory.oom.group in the kernel's cgroup-v2 document",
    )
    must(
        encoder(host, lab)[1] == others,
        "other processes than before behind the services of the house",
        "that nobody notices but the encoder",
        "look with: sv status /etc/service/*; dmesg",
    )


def test_the_preview_is_slowed_and_never_killed(host, lab, workload):
    """Above its memory.high the preview is slowed and not killed, none of it in swap, however it was started."""
    preview(host, lab, one(processes.table(host), "previewd"))
    done = workload("burst")
    now = one(processes.table(host), "previewd")
    answers_itself(done, "previewd", now)
    preview(host, lab, now)


def test_the_noisy_one_is_bounded(workload):
    """The noisy tenant's job does its work within its bound, page cache included, and the quiet one loses nothing."""
    workload("noise")


def test_the_quiet_one_keeps_its_memory(workload):
    """When the machine runs short, the quiet tenant keeps 95 % of its table in memory."""
    workload("night")


def test_the_printer_has_a_group(host, lab, workload):
    """On the old machine each printd lives in your cgroup of version 1, and dies at that one's limit."""
    process = printer(host, lab)
    start = kernel_log.cursor(host)
    pressed = workload("press", "printd", check=False)
    kills = kernel_log.oom_kills(host, since=start)
    must(
        all(kill.scope == "cgroup" and kill.name in ("printd", "run") for kill in kills),
        f"killed: {told(kills)}",
        "that only printd dies, at its own limit",
        "see in dmesg whose limit was hit",
    )
    follows(pressed)
    answers_itself(pressed, "printd", process)
    printer(host, lab)


def test_the_stuck_one_is_freed(host, lab, answers):
    """On the old machine it is known who was stuck, and it goes on where it stood: freed, and not killed."""
    path = f"/{lab.parameters['stuck_in']}"
    pid, birth = map(int, host.run("cat /run/lab/stuck").stdout.split())
    group = cgroups_v1.read(host, path)
    look = "on the old machine: ps -eo pid,stat,wchan:24,comm, and memory.oom_control below /sys/fs/cgroup/memory"
    answer(answers, "stuck", lab.parameters["stuck"], "the name of the process that neither runs nor dies", look)
    here = [process for process in processes.table(host) if (process.pid, process.start_ticks) == (pid, birth)]
    must(
        here and here[0].state != "Z",
        f"that the process which was stuck (pid {pid}) is gone, and what it held with it",
        "the same process, which goes on where it stood",
        "ramlab reset 08.old, and next time give it room in place of a kill",
    )
    wanted_kb = (lab.parameters["stuck_mib"] + 6) * 1024
    must(
        not group.under_oom and here[0].rss_anon_kb + here[0].swap_kb >= wanted_kb,
        f"pid {pid} with {here[0].rss_anon_kb} kB of {wanted_kb} kB; {path}: under_oom {int(group.under_oom)}",
        "that it has got all that it wanted",
        "who waits at a limit goes on as soon as there is room: see memory.limit_in_bytes",
    )
    must(
        group.limit_bytes <= 64 * MIB,
        f"{path} with memory.limit_in_bytes = {said(group.limit_bytes)}",
        "still a limit, of 64 MiB at most: it was to be raised, not removed",
        "write to memory.limit_in_bytes what it really needs",
    )
    answer(answers, "stuck_failcnt", group.failcnt, f"memory.failcnt of {path}, as it is now", look)


def test_the_till_is_translated(host, lab, workload):
    """The till's limits of the old machine hold on the new one, in the words of version 2, for each till."""
    name = lab.parameters["till"]
    before = translated(host, lab, name)
    crashed = workload("crash", name)
    answers_itself(crashed, name, before)
    translated(host, lab, name)


# -- what several checks ask -----------------------------------------------------------------------------


def one(table, name):
    """The process of this name; with a helper, the one that has it."""
    named = [process for process in table if process.name == name and process.state != "Z"]
    parents = [process for process in named if any(other.ppid == process.pid for other in named)]
    must(
        len(parents or named) == 1,
        f"{len(parents or named)} of the name {name}",
        f"one {name}, kept up by its supervisor",
        f"look with: sv status {name}; tail /var/log/{name}.log; pgrep -a {name}",
    )
    return (parents or named)[0]


def answers_itself(done, name, process):
    """Who was looked at is who serves: the workload has the pid of who answers from the kernel."""
    must(
        f" {name} {process.pid} " in done.stdout,
        f"a {name} with pid {process.pid}, and another one that answers on /run/{name}.sock",
        "that the service itself is where it belongs",
        f"have /etc/sv/{name}/run start /usr/local/sbin/{name}, and nobody else of that name",
    )


def encoder(host, lab):
    """The encoder is in a cgroup of its own within the studio, with the limit of the contract."""
    table, groups = processes.table(host), cgroups.tree(host)
    job = one(table, "encoderd")
    pid, path = job.pid, job.cgroup
    in_the_studio(groups, path, "encoderd")
    must(
        mib_of(cgroups.limit_bytes(groups, path)) == lab.parameters["encoder_mib"],
        f"encoderd (pid {pid}) in {path}, for which memory.max of {said(cgroups.limit_bytes(groups, path))} holds",
        f"memory.max = {lab.parameters['encoder_mib']}M",
        "the smallest memory.max of a cgroup and of all above it holds",
    )
    family = [job, *(process for process in table if process.ppid == pid and process.name == job.name)]
    must(
        len(family) > 1 and {process.cgroup for process in family} == {path},
        f"of the encoder: {', '.join(f'pid {one.pid} in {one.cgroup}' for one in family)}",
        "the encoder and its helper, in one cgroup",
        "have /etc/sv/encoderd/run enter the cgroup and then start the encoder, as it did: children are born there",
    )
    names = ("previewd", lab.parameters["quiet"], lab.parameters["till"], "runsvdir", "runsv")
    return family, {(process.name, process.pid) for process in table if process.name in names}


def preview(host, lab, process):
    groups, path = cgroups.tree(host), process.cgroup
    in_the_studio(groups, path, "previewd")
    must(
        mib_of(groups[path].high_bytes) == lab.parameters["preview_mib"],
        f"previewd (pid {process.pid}) in {path} with memory.high = {said(groups[path].high_bytes)}",
        f"memory.high = {lab.parameters['preview_mib']}M in its own cgroup",
        "see memory.high in the kernel's cgroup-v2 document: it slows, and memory.max kills",
    )


def in_the_studio(groups, path, name):
    """A cgroup of its own below the studio's, whose limit still stands."""
    must(
        cgroups.within(path, STUDIO) and path != STUDIO,
        f"{name} in {path}",
        f"a cgroup of its own below {STUDIO}: what both use together stays bounded",
        f"mkdir one there; it has limits when memory is in {STUDIO}/cgroup.subtree_control, and that only works where"
        " no process lives",
    )
    must(
        groups[STUDIO].max_bytes == STUDIO_MIB * MIB and groups[path].has_memory,
        f"{STUDIO} with memory.max = {said(groups[STUDIO].max_bytes)};"
        f" {path} {'with' if groups[path].has_memory else 'without'} the memory controller",
        f"{STUDIO_MIB}M for the studio, as it was, and limits of their own below",
        f"echo +memory into {STUDIO}/cgroup.subtree_control",
    )


def printer(host, lab):
    """The printer is in the group of version 1, and that one has its limit."""
    process = one(processes.table(host), "printd")
    pid, path = process.pid, process.cgroups_v1.get("memory")
    wanted = f"/{lab.parameters['printing']}"
    must(
        path == wanted,
        f"printd (pid {pid}) in {path} of the memory hierarchy",
        f"each printd in {wanted}, which is /sys/fs/cgroup/memory{wanted}",
        "have /etc/sv/printd/run write its pid to tasks there, before it becomes printd",
    )
    group = cgroups_v1.read(host, wanted)
    must(
        mib_of(group.limit_bytes) == lab.parameters["printing_mib"] and not group.oom_kill_disable,
        f"{wanted} with memory.limit_in_bytes = {said(group.limit_bytes)},"
        f" oom_kill_disable {int(group.oom_kill_disable)}",
        f"{lab.parameters['printing_mib']}M, and that who hits it is killed",
        "see memory.limit_in_bytes and memory.oom_control there",
    )
    return process


def translated(host, lab, name):
    """The till of the new machine has the old one's bounds."""
    process = one(processes.table(host), name)
    path, groups = process.cgroup, cgroups.tree(host)
    who = f"{name} (pid {process.pid}) in {path}"
    limits = {
        "memory.max": cgroups.limit_bytes(groups, path),
        "memory.swap.max": cgroups.limit_bytes(groups, path, "swap.max"),
        "memory.low": cgroups.protected_bytes(groups, path, "low"),
    }
    for file, (parameter, expected, following) in TRANSLATED.items():
        must(
            mib_of(limits[file]) == lab.parameters[parameter],
            f"{who}, for which {file} of {said(limits[file])} holds",
            expected,
            following,
        )
    return process


def told(kills):
    return ", ".join(f"{kill.name} (pid {kill.pid}, {kill.scope})" for kill in kills) or "nobody"


def mib_of(size):
    """Whole MiB; limits are kept by pages, and a MiB is a whole number of them."""
    return size / MIB


def said(size):
    return "max" if size == math.inf else f"{size / MIB:g}M"
