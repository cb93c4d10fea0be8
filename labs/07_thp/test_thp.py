"""07: huge pages for who uses them, small ones for who does not."""

import re

from checkers import hugetlb, thp
from checkers.judging import answer, follows, must

BLOAT_NEAR_KB = 1600  # records, and what else a restart changes; from one student's size to the next it is 4096
NOTED = "/run/lab/plated"  # pid of the one that the stage began with, and when it began
SLACK_KB = 4096  # at both ends of a mapping there may be no room for a whole huge page


def test_the_bloat_is_found(lab, answers, workload):
    """The process that holds far more than it has written is named, and how much of it is bloat."""
    handed_in(answers, "bloater", "bloat_kb")
    mapped, written = results(workload, "bloat")
    look = "who has huge pages is in AnonHugePages; who needs them shows when the same data lie in small ones"
    answer(answers, "bloater", lab.parameters["survey"], "the process whose huge pages are all but empty", look)
    what = "how many kB of it would not be there with small pages"
    answer(answers, "bloat_kb", mapped - written, what, look, within=BLOAT_NEAR_KB)


def test_the_faults_are_counted(answers, workload):
    """The minor faults of filling the correlator's buffer are known, for pages of 4 kB, of 64 kB and of 2 MB."""
    names = ("faults_4k", "faults_64k", "faults_2m")
    handed_in(answers, *names)
    for name, count in zip(names, results(workload, "faults"), strict=True):
        look = "set the machine so, see `workload buffer`, and set it back; one size at a time"
        answer(answers, name, count, "the minor faults that `workload buffer` has then", look, within=4 + count // 100)


def test_huge_where_it_pays(workload):
    """Whoever starts them, and however often: the pages of stardb are huge, and those of the job that bloats small."""
    workload("night")


def test_the_switch_is_understood(answers, workload):
    """It is known whom a switch from never to always helps that was running before, and whom not."""
    given = set(re.findall(r"\w+", answers["helped"].lower())) - {"and"}
    must(
        given == set(results(workload, "helped")),
        f"helped = {answers['helped']}",
        "all those, and only those, whose memory from before the switch is in huge pages after khugepaged's rounds",
        "workload switch; then grep AnonHugePages in the smaps_rollup of each",
    )


def test_plated_is_helped(host, lab):
    """The plates of tonight are in huge pages, and it is the same plated that took them."""
    noted, *now = host.run(f"cat {NOTED}; read -r pid _ < {NOTED}; cat /proc/$pid/stat").stdout.splitlines()
    pid, start = map(int, noted.split())
    found = "".join(now).rpartition(")")[2].split()
    must(
        found[19:20] == [str(start)],
        f"that the plated of tonight (pid {pid}) is gone, and its plates with it",
        "that very process, with its memory in huge pages",
        "ramlab reset 07 gives you the night anew",
    )
    (plated,) = thp.users(host, [pid])
    wanted = lab.parameters["plated_mib"] * 1024 - SLACK_KB
    must(
        plated.anon_huge_kb >= wanted,
        f"plated (pid {pid}) with {plated.anon_huge_kb} kB of its {plated.anonymous_kb} kB in huge pages",
        f"{wanted} kB and more",
        "khugepaged only visits who is on its list, `workload switch` shows how one gets there; or ask the kernel"
        " yourself: MADV_COLLAPSE, which process_madvise takes for another process",
    )


def test_the_pages_are_there(host, lab, workload):
    """The huge pages for the correlator are reserved and free, all of them, beside those that are in use."""
    wanted, used = lab.parameters["order_pages"], lab.parameters["atlas_huge"]
    pool = hugetlb.read(host)[2048]
    must(
        pool.available >= wanted,
        f"{pool.total} huge pages in the pool, {pool.free} of them free, {pool.reserved} of these promised",
        f"{wanted} that are free, and promised to nobody",
        "nr_hugepages is a wish and sysctl repeats it: read HugePages_Total and _Free in /proc/meminfo; no error says"
        " that it were fewer",
    )
    holders = {user.name: user.hugetlb_kb for user in thp.users(host) if user.hugetlb_kb}
    must(
        holders.get(lab.parameters["atlas"], 0) >= used * pool.size_kb,
        f"hugetlb pages in use by {holders or 'nobody'}",
        f"{lab.parameters['atlas']} with its {used}, as it was: nobody has asked you to take them away",
        f"sv up {lab.parameters['atlas']}; sv restart {lab.parameters['atlas']}",
    )
    follows(workload("correlate", check=False))


# -- what several checks ask -----------------------------------------------------------------------------


def handed_in(answers, *names):
    """Say first what is missing: to find out the truth takes a while, and disturbs the machine."""
    for name in names:
        answers[name]


def results(workload, role):
    """The words of the workload's last line, which begins with RESULT; numbers as numbers."""
    words = workload(role).stdout.splitlines()[-1].split()[1:]
    return [int(word) if word.isdecimal() else word for word in words]
