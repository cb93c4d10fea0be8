"""09: what is set, what is written down, and which of it does anything."""

from checkers import sysctl, zones
from checkers.judging import answer, must

FOUND = "/run/lab/found"
"""What the learner found: the files, and the settings as they were."""
ZONE = "DMA32"
PAGE_KB = 4
NEAR_KB = 1024
CONCERNED = {
    "task 3": ("vm.watermark_scale_factor", "vm.min_free_kbytes"),
    "task 4": ("vm.dirty_bytes", "vm.dirty_ratio"),
    "task 5": ("vm.vfs_cache_pressure",),
    "task 6": ("vm.swappiness",),
}


def test_what_does_nothing_is_known(host, answers):
    """What does nothing is known: the misspelt name, the file that no boot reads, and the setting that is undone."""
    files = sysctl.written(host, FOUND)
    (misspelt,), (unread,), ((undone, by),) = files.unknown, files.never_read, files.overridden
    look = "compare the files with: sysctl --dry-run --system; and see at the end of `man sysctl` which files are read"
    named(answers, "misspelt", misspelt.name, "the name in a file that this kernel does not have", look)
    path = answers["unread"].removeprefix("/usr").removeprefix("/lib/")
    must(
        path == unread.removeprefix("/usr/lib/"),
        f"unread = {answers['unread']}",
        "the whole path of the file that no boot reads",
        look,
    )
    look = "which line is in a file, and sysctl prints another value? README.md says what it is tied to"
    named(answers, "undone", undone.name, "the setting that is set, and undone at once", look)
    must(
        answers["undone_by"].rpartition("/")[2] == by.path.rpartition("/")[2],
        f"undone_by = {answers['undone_by']}",
        "the file with the line that undoes it",
        look,
    )


def test_what_was_only_typed_is_known(host, answers):
    """The setting that was only typed is known, with the value that a boot will give it."""
    (typed,) = sysctl.differences(as_found(host), sysctl.written(host, FOUND))
    look = "compare each name of the files: what sysctl prints, and what stands there"
    named(answers, "typed", typed.name, "the setting that had another value than the files give", look)
    answer(answers, "after_boot", int(typed.written), "the value that a boot gives it", look)


def test_kswapd_begins_early(host, lab):
    """The kernel's kswapd begins where you were told, and no more is kept back for emergencies."""
    zone, wanted = zones.read(host)[ZONE], lab.parameters["low_kb"]
    low, least, high = ((mark - zone.boost) * PAGE_KB for mark in (zone.low, zone.min, zone.high))
    must(
        wanted <= low <= wanted + NEAR_KB,
        f"low at {low} kB in zone DMA32 (min {least} kB, high {high} kB)",
        f"low at {wanted} kB, or up to {NEAR_KB} kB more",
        "see which settings move the watermarks in README.md; /proc/zoneinfo has them in pages of 4 kB",
    )
    name = "vm.min_free_kbytes"
    now, before = sysctl.read(host, name)[name], int(as_found(host)[name])
    must(
        now <= before,
        f"{name} = {now}, and it was {before}: that is kept back from all programs, for good",
        "that only the distance between min and low has grown",
        "there is a setting for that distance alone",
    )


def test_no_fsync_waits_long(workload):
    """While a tape is recorded, no more than your bound is only in memory, and no fsync has to wait for more."""
    workload("tape")


def test_the_catalogue_stays(host, workload):
    """When memory is wanted, 90 % of the catalogue's inodes stay, and the kernel can still take them if it must."""
    name = "vm.vfs_cache_pressure"
    must(
        sysctl.read(host, name)[name] > 0,
        f"{name} = 0: dentries and inodes are then never reclaimed, and a program is killed for their sake",
        "a value that says which goes first, and lets both go",
        "the kernel's default is 100; see vfs_cache_pressure in README.md",
    )
    workload("catalogue")


def test_swappiness_decides(workload):
    """vm.swappiness decides: at 0 nothing goes to swap, and as it is set idle drafts do, and the jingles stay."""
    workload("jingles")


def test_a_boot_gives_the_same(host, workload):
    """A boot gives every setting of vm the value that it has now."""
    now, found = sysctl.now(host), as_found(host)
    untouched = [task for task, names in CONCERNED.items() if all(now[name] == found[name] for name in names)]
    must(
        not untouched,
        f"the settings of {', '.join(untouched)} as when you came",
        "that each of them is set first, and then written down",
        "do the tasks before this one first",
    )
    workload("boot")


# -- what several checks ask -----------------------------------------------------------------------------


def as_found(host):
    """The settings as the learner found them."""
    return sysctl.parse_now(host.run(f"cat {FOUND}/settings").stdout)


def named(answers, name, truth, expected, look):
    """An answer that is a setting's name: with dots or slashes, with or without `vm.`."""
    __tracebackhide__ = True
    given = sysctl.dotted(answers[name].removeprefix("/proc/sys/"))
    must(
        given.removeprefix("vm.") == truth.removeprefix("vm."),
        f"{name} = {answers[name]}",
        expected,
        look,
    )
