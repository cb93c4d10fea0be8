"""90: one task of each kind, for answers that would have a pass without the work."""

from checkers import cgroups, processes, swaps, sysctl
from checkers.judging import answer, must


def test_the_hog_is_weighed(host, lab, answers):
    """It is known how many kB the hog has."""
    hogs = [one for one in processes.table(host) if one.name == "hog" and one.rss_kb > lab.parameters["hog_kb"]]
    must(len(hogs) == 1, f"{len(hogs)} hogs of its size", "the one that was there", "ramlab reset")
    size = hogs[0].rss_kb
    answer(answers, "hog_kb", size, "VmRSS of the hog, within 2 %", "see /proc/PID/status", within=size // 50)


def test_swap_is_there(host, lab):
    """Swap of 16 MiB or more is active, and swappiness is yours."""
    seen = sysctl.read(host, "vm.swappiness")["vm.swappiness"]
    must(seen == lab.parameters["swappiness"], f"vm.swappiness {seen}", "your own", "sysctl -w vm.swappiness=N")
    total = sum(area.size_kb for area in swaps.read(host))
    must(total >= 16 << 10, f"{total} kB of swap", "16 MiB", "mkswap and swapon")


def test_the_vault_holds(host, lab, workload):
    """Nobody in the vault gets more than its limit, swap included."""
    workload("press")
    group = cgroups.tree(host)["/vault"]
    must(group.max_bytes == lab.parameters["vault_mib"] << 20, f"{group.max_bytes} bytes", "your limit", "memory.max")
