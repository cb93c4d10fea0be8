"""Whether the examiner was shown the truth: what it sees, beside what a vm's memory says from outside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers import swaps
from containers import witness
from containers.errors import MachineError
from containers.layout import SYSCTLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from containers.vm import VmMachine
    from containers.witness import Testimony

_TRIES = 5
"""Looks, where the kernel is at work on its lists each time."""
_RSS_KB = 2048
"""How far /proc/PID/status may be off: each CPU counts up to 64 pages of each of three kinds for itself."""
SECONDS = 120
"""For the examiner's look."""

# The files that checks read, at the door where they read them. A trip costs 0.2 s of CPU under emulation, and a program
# that has to be linked 50 ms: hence one trip, of the shell that is there and busybox, which is one static file.
_FACTS = " ".join((
    *(f"sys/{name.replace('.', '/')}" for name in SYSCTLS), "swaps", "/sys/kernel/mm/transparent_hugepage/enabled",
    "/sys/kernel/mm/hugepages/hugepages-*/nr_hugepages",
))  # fmt: skip
_LOOK = f"""\
cd /proc && set -- [0-9]* || exit
echo "self:$$"
status=; others=
for pid in "$@"; do
  status="$status $pid/status"
  others="$others $pid/stat $pid/oom_score_adj"
done
busybox grep -sH '' {_FACTS} $others
[ $? -lt 126 ] || exit # Below, it only means that a process has ended.
busybox grep -sH '^VmRSS:' $status
[ $? -lt 126 ] || exit
exit 0
"""
_HUGE = re.compile(r"/sys/kernel/mm/hugepages/hugepages-(\d+)kB/nr_hugepages")
_STAT = re.compile(r"\d+ \((?P<name>.*)\) \S (?P<parent>\d+) .*", re.DOTALL)


def contradictions(machine: VmMachine) -> list[str]:
    """What the examiner sees and the machine's memory does not say, in words; empty where they agree.

    Where they do not agree at once, the machine is looked at again: what changed while the examiner saw is no
    contradiction. Processes are born, grow, shrink and end meanwhile, so what is said of one has to hold twice. Raises
    MachineError where the examiner cannot look, UsageError for a machine of 32 bits, whose memory is not read.
    """
    before = _look(machine)
    seen = _seen(machine)
    if not list(_about_facts(seen, before, before)) and not about_processes(seen, before, before):
        return []
    after = _look(machine)
    told = list(_about_facts(seen, before, after))
    if wrong := about_processes(seen, before, after):
        again = about_processes(_seen(machine), after, _look(machine))
        told += [text for subject, text in wrong.items() if subject in again]
    return told


@dataclass(frozen=True)
class Process:
    """As the examiner sees it."""

    name: str
    oom_score_adj: int
    rss_kb: int


@dataclass(frozen=True)
class Seen:
    """By the examiner."""

    facts: dict[str, object]
    processes: Mapping[int, Process]
    """By pid."""
    own: frozenset[int]
    """The pids of those that looked, which were not there before."""


def _seen(machine: VmMachine) -> Seen:
    done = machine.examiner.run(_LOOK, timeout=SECONDS)
    if done.status:
        raise MachineError(
            f"the examiner cannot look, status {done.status}: {done.stderr[-500:] or 'it said nothing'}",
            hint="it may be busy or out of memory: try once more",
        )
    return parse(done.stdout)


def parse(text: str) -> Seen:
    """What the examiner's look prints: `self:PID`, then lines `FILE:LINE`. Raises MachineError, ReadError."""
    own, *lines = text.split("\n")
    if not own.removeprefix("self:").isdecimal():
        raise MachineError(f"the examiner's look began with {own[:80]!r}", hint="try once more")
    files: dict[str, list[str]] = {}
    for line in filter(None, lines):
        file, _, content = line.partition(":")
        files.setdefault(file, []).append(content)
    areas = swaps.parse("\n".join(files.get("swaps", [])))
    facts = {
        "sysctls": {name: _number(files.get(f"sys/{name.replace('.', '/')}")) for name in SYSCTLS},
        "swaps": {(area.path.rpartition("/")[2], area.size_kb, area.priority) for area in areas},
        "thp": _chosen(files.get("/sys/kernel/mm/transparent_hugepage/enabled")),
        "hugepages": {int(size[1]): _number(its) for file, its in files.items() if (size := _HUGE.fullmatch(file))},
    }
    return Seen(dict(_flat(facts)), *_processes(files, int(own.removeprefix("self:"))))


def _processes(files: Mapping[str, list[str]], own: int) -> tuple[dict[int, Process], frozenset[int]]:
    """The processes, and who of them looked: the shell, what it started, and what started it."""
    found, parents = {}, {}
    for file, lines in files.items():
        pid, _, name = file.partition("/")
        stat = _STAT.fullmatch("\n".join(lines)) if name == "stat" else None
        adjusted = _number(files.get(f"{pid}/oom_score_adj"))
        if stat and adjusted is not None:  # else it ended meanwhile
            # The name is bytes to the kernel, and cut after 15 of them.
            called = stat["name"].encode(errors="surrogateescape").decode(errors="replace")
            resident = files.get(f"{pid}/status", ["VmRSS: 0 kB"])[0].split()  # without memory of its own: no VmRSS
            found[int(pid)] = Process(called, adjusted, int(resident[1]))
            parents[int(pid)] = int(stat["parent"])
    return found, frozenset({own, parents.get(own, own), *(pid for pid, parent in parents.items() if parent == own)})


def _number(lines: list[str] | None) -> int | None:
    text = (lines or [""])[0].strip()
    return int(text) if text.removeprefix("-").isdecimal() else None


def _chosen(lines: list[str] | None) -> str | None:
    word = re.search(r"\[(\w+)\]", (lines or [""])[0])
    return word[1] if word else None


def _about_facts(seen: Seen, before: Testimony, after: Testimony) -> Iterator[str]:
    looks = [_facts(before), _facts(after)]
    for name in {**looks[-1], **seen.facts}:
        value = seen.facts.get(name)
        if value not in [look.get(name) for look in looks]:
            yield f"{name}: the examiner sees {value}, the memory says {looks[-1].get(name)}"


def _look(machine: VmMachine) -> Testimony:
    for left in reversed(range(_TRIES)):
        try:
            return witness.look(machine)
        except MachineError:
            if not left or not machine.alive():
                raise
    raise AssertionError


def _facts(said: Testimony) -> dict[str, object]:
    return dict(
        _flat({
            "sysctls": said.sysctls,
            "swaps": {(area.name, area.size_kb, area.priority) for area in said.swaps},
            "thp": said.thp,
            "hugepages": {size: pool.total for size, pool in said.hugepages.items()},
        })
    )  # fmt: skip


def _flat(facts: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in facts.items():
        if isinstance(value, dict):
            yield from ((f"{name} {one}", its) for one, its in value.items())
        else:
            yield name, value


def about_processes(seen: Seen, before: Testimony, after: Testimony) -> dict[tuple[int, str], str]:
    """What is wrong with which process, in words."""
    earlier, later = ({one.pid: one for one in look.processes} for look in (before, after))
    wrong = {}
    for pid, one in later.items():
        was, its = earlier.get(pid), seen.processes.get(pid)
        if was is None or (was.name, was.oom_score_adj) != (one.name, one.oom_score_adj):
            continue  # it came or changed while the examiner was looking
        what = f"process {pid} ({one.name})"
        if its is None:
            wrong[pid, "hidden"] = f"{what}: the examiner does not see it"
            continue
        if (its.name, its.oom_score_adj) != (one.name, one.oom_score_adj):
            wrong[pid, "called"] = (
                f"{what} has oom_score_adj {one.oom_score_adj}: the examiner sees {its.name} with {its.oom_score_adj}"
            )
        low, high = sorted((was.rss_kb, one.rss_kb))
        if not low - _RSS_KB <= its.rss_kb <= high + _RSS_KB:
            wrong[pid, "size"] = f"{what} has {low} to {high} kB in memory: the examiner sees {its.rss_kb}"
    # One that is being born has its pid before it is on the kernel's list.
    youngest, known = max(earlier), earlier.keys() | later.keys() | seen.own
    for pid, ghost in seen.processes.items():
        if pid <= youngest and pid not in known and ghost.rss_kb:
            wrong[pid, "ghost"] = f"process {pid} ({ghost.name}): the examiner sees it, and it is not there"
    return wrong
