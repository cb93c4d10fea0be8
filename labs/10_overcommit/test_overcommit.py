"""10: what the kernel promises, to whom, and who pays when a promise cannot be kept."""

from checkers import overcommit
from checkers.judging import answer, must

NEAR_KB = 64  # rounding to pages, and to kB
ROUGHLY_KB = 2048  # of a Python program's own memory, which may or may not be counted in
ROOM_KB = 16384  # without it nothing starts, and no check could tell why


def test_the_limit_is_computed(host, lab, answers):
    """The limits that the planned settings will give are computed: by ratio, by kbytes, and for one request."""
    total, plan = overcommit.read(host).total_kb, lab.parameters
    swap, huge = plan["plan_swap_kb"], plan["plan_huge"] * 2048
    look = "see CommitLimit in `man proc_sys_vm`; MemTotal is in /proc/meminfo, the plan in /root/plan.txt"
    limit = overcommit.commit_limit_kb(total, ratio=plan["plan_ratio"], hugetlb_kb=huge, swap_kb=swap)
    answer(answers, "limit_a", limit, "the CommitLimit of plan A in kB", look, within=NEAR_KB)
    limit = overcommit.commit_limit_kb(total, kbytes=plan["plan_kbytes"], hugetlb_kb=huge, swap_kb=swap)
    answer(answers, "limit_b", limit, "the CommitLimit of plan B in kB", look, within=NEAR_KB)
    look = "try it with `workload ask MIB`, and without any swap: where does it begin to be refused?"
    answer(answers, "largest_c", total + swap, "the largest single request of plan C in kB", look, within=1024)


def test_the_empty_promise_is_found(host, lab, answers):
    """The process with the largest gap between promise and use is named, with both figures, as it is now."""
    found = overcommit.promises(host)
    gone = {lab.parameters["posters"], lab.parameters["archive"]} - {promise.name for promise in found}
    must(
        not gone,
        f"no process {', '.join(sorted(gone))}: somebody's work, and nobody has asked you to end it",
        "the two programs that were started by hand, as they were",
        "ramlab reset 10 gives you the evening anew",
    )
    widest = max(found, key=lambda promise: promise.gap_kb)
    given = answers["promiser"]
    must(
        given in (widest.name, str(widest.pid)),
        f"promiser = {given}, while another process has more promised to it that it does not use",
        "the name or pid of the process with the largest gap",
        "sum up Size of those mappings in /proc/PID/smaps that have ac among their VmFlags; compare with Anonymous",
    )
    look = f"read /proc/{widest.pid}/smaps, or its VmData and RssAnon in /proc/{widest.pid}/status"
    answer(answers, "promised_kb", widest.promised_kb, "what it was promised, kB", look, within=ROUGHLY_KB)
    answer(answers, "used_kb", widest.used_kb, "what it uses of that, kB", look, within=ROUGHLY_KB)


def test_the_greedy_is_refused(host, workload):
    """The greedy program is refused in time, says so and ends by itself; the OOM killer has nothing to do."""
    keeps_its_word(host)
    workload("greedy")


def test_the_house_has_room(host, workload):
    """While the kernel keeps its word the three services start anew, and the closing can fork."""
    keeps_its_word(host)
    workload("evening")


def test_the_house_comes_first(host, workload):
    """The same holds while the greedy program sits on all that it could get."""
    keeps_its_word(host)
    workload("night")


def test_a_boot_keeps_it(workload):
    """A boot leaves the kernel set as it is now."""
    workload("boot")


# -- what several checks ask -----------------------------------------------------------------------------


def keeps_its_word(host):
    """Mode 2: in the others nothing is refused for what all together were promised, so nothing would be proven."""
    now = overcommit.read(host)
    must(
        now.mode == overcommit.NEVER,
        f"vm.overcommit_memory = {now.mode}: each request is looked at alone, and many small ones always pass",
        "the mode in which the kernel promises no more than CommitLimit, to all together",
        "see vm.overcommit_memory in `man proc_sys_vm`; and compute first what CommitLimit will be",
    )
    must(
        now.room_kb >= ROOM_KB,
        f"CommitLimit {now.limit_kb} kB and Committed_AS {now.committed_kb} kB: {now.room_kb} kB are left to promise",
        f"{ROOM_KB} kB and more, or nothing can be started",
        "echo 0 > /proc/sys/vm/overcommit_memory (the shell does that itself), then raise the limit",
    )
