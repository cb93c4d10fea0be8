"""13: the kernel's own memory: what grows, by whom, what can be given back, and what decides who gives."""

from checkers import processes, slab, sysctl
from checkers.judging import answer, follows, must

NAME_OVERHEAD = 17  # bytes that a long name takes beside its letters: a counter and the end
MOST_NEGATIVE = 16000
NEAR = 2  # names of a round that may have been counted too much, or missed


def test_the_growing_caches_are_named(host, lab, answers):
    """The two caches that grow are named: the one of the names, and the one that long names need besides."""
    beside = slab.kmalloc(slab.read(host), int(lab.parameters["name_length"]) + NAME_OVERHEAD, kind="rcl")
    look = "look twice at slabtop or /proc/slabinfo, half a minute apart: which two grow by as many objects?"
    answer(answers, "grows", "dentry", "the cache that grows most, as slabinfo calls it", look)
    answer(answers, "grows_with", beside.name, "the cache that grows by as many objects, as slabinfo calls it", look)


def test_the_program_is_found(lab, answers):
    """The program that makes them grow is named, with the number of names that each of its rounds asks for."""
    certs = lab.parameters["certs"]
    look = "see which cgroup's slab_reclaimable grows, and with strace what its process asks for"
    answer(answers, "grown_by", certs, "the name of the service that makes the cache grow", look)
    wanted = f"how many names that nobody has one round asks for (to within {NEAR})"
    answer(answers, "names", lab.parameters["names"], wanted, look, within=NEAR)


def test_what_cannot_be_reclaimed_is_explained(host, lab, answers):
    """Whose objects SUnreclaim is full of is known: who keeps them, how many, and under whose name they are listed."""
    caches = with_all_sockets(host, lab)
    look = "see whose cgroup has most slab_unreclaimable, and who shares a cache in /sys/kernel/slab"
    answer(answers, "kept_by", lab.parameters["guides"], "the name of the service that keeps them", look)
    sockets = 2 * lab.parameters["pairs"]
    wanted = "how many sockets it has, within 5 %"
    answer(answers, "sockets", sockets, wanted, "see /proc/PID/fd, or ss -x", within=sockets // 20)
    listed = slab.holding(caches, "UNIX").name
    answer(answers, "listed_as", listed, "the name under which slabinfo lists these sockets", look)


def test_the_slab_is_computed(host, lab, answers):
    """For your cache it is known how many objects a slab holds, and how many bytes of it nobody has asked for."""
    cache = slab.holding(slab.read(host), lab.parameters["cache"])
    look = f"see its line in /proc/slabinfo, and the files in /sys/kernel/slab/{lab.parameters['cache']}"
    answer(answers, "per_slab", cache.per_slab, "how many objects one slab of your cache holds", look)
    wanted = "the bytes of a slab, less object_size for each of its objects"
    answer(answers, "lost", cache.lost_per_slab, wanted, look)


def test_the_memory_is_given_back(host, lab):
    """The memory is given back: of names that are not there few are remembered, and all four services are at work."""
    caches = all_at_work(host, lab)
    negative = slab.dentries(host).negative
    must(
        negative <= MOST_NEGATIVE,
        f"{negative} negative dentries, some {slab_kb(caches, lab, negative)} kB",
        f"at most {MOST_NEGATIVE}, as the machine is now",
        "have the kernel reclaim what nobody uses; it grows again until its cause is mended",
    )


def test_it_does_not_come_back(workload):
    """In a week of visitors no more than 16000 new names that are not there are remembered, and nobody else pays."""
    workload("week")


def test_the_index_survives_the_night(host, workload):
    """When memory is wanted in the night, 90 % of the index stays, and the kernel can still take it if it must."""
    spent = workload("night", check=False)
    value = sysctl.read(host, "vm.vfs_cache_pressure")["vm.vfs_cache_pressure"]
    must(
        value > 0,
        f"vm.vfs_cache_pressure = {value}: dentries and inodes are then never reclaimed, not even by drop_caches",
        "a value that says which goes first, and lets both go",
        "the default is 100; see man proc_sys_vm",
    )
    follows(spent)


# -- what several checks ask -----------------------------------------------------------------------------


def all_at_work(host, lab):
    """The four services live, and have what they had. Gives the caches."""
    names = [lab.parameters[role] for role in ("certs", "index", "guides", "pictures")]
    alive = {process.name for process in processes.table(host) if process.state not in "ZT"}
    missing = [name for name in names if name not in alive]
    must(not missing, f"no {' nor '.join(missing)} at work", "all four services", f"sv up {' '.join(missing)}")
    return with_all_sockets(host, lab)


def with_all_sockets(host, lab):
    """The caches, where the service with the sockets has them all."""
    caches = slab.read(host)
    sockets = slab.holding(caches, "UNIX").active
    must(
        sockets >= 2 * lab.parameters["pairs"],
        f"{sockets} sockets in all",
        "as many as when you came: no service was to be stopped",
        f"look with: sv status /etc/service/*; and: sv up {lab.parameters['guides']}",
    )
    return caches


def slab_kb(caches, lab, count):
    """What so many negative dentries take, with their long names."""
    beside = slab.kmalloc(caches, int(lab.parameters["name_length"]) + NAME_OVERHEAD, kind="rcl")
    return count * (caches["dentry"].size + beside.size) >> 10
