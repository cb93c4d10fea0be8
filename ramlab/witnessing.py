"""Whether the examiner was shown the truth: what it sees, beside what a vm's memory says from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers import hugetlb, processes, swaps, sysctl, thp
from containers import witness
from containers.errors import MachineError, UsageError
from containers.layout import SYSCTLS
from ramlab import together

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from containers.vm import VmMachine
    from containers.witness import Testimony

_TRIES = 5
"""Looks, where the kernel is at work on its lists each time."""
_RSS_KB = 2048
"""How far /proc/PID/status may be off: each CPU counts up to 64 pages of each of three kinds for itself."""


def contradictions(machine: VmMachine) -> list[str]:
    """What the examiner sees and the machine's memory does not say, in words; empty where they agree.

    Where they do not agree at once, the machine is looked at again: what changed while the examiner saw is no
    contradiction. Of a machine of 32 bits the memory is not read: nothing can be said against what the examiner sees.
    """
    try:
        before = _look(machine)
    except UsageError:
        return []
    seen = _seen(machine)
    if not list(_against(seen, before, before)):
        return []
    return list(_against(seen, before, _look(machine)))


@dataclass(frozen=True)
class _Seen:
    """By the examiner."""

    facts: dict[str, object]
    processes: list[processes.Process]


def _seen(machine: VmMachine) -> _Seen:
    sysctls, areas, pages, pools, table = together.read(
        machine.examiner,
        lambda host: sysctl.read(host, *SYSCTLS), swaps.read, thp.read, hugetlb.read, processes.table,
    )  # fmt: skip
    facts = {
        "sysctls": sysctls,
        "swaps": {(area.path.rpartition("/")[2], area.size_kb, area.priority) for area in areas},
        "thp": pages.enabled,
        "hugepages": {size: pool.total for size, pool in pools.items()},
    }
    return _Seen(dict(_flat(facts)), table)


def _against(seen: _Seen, before: Testimony, after: Testimony) -> Iterator[str]:
    looks = [_facts(before), _facts(after)]
    for name, value in seen.facts.items():
        if value not in [look.get(name) for look in looks]:
            yield f"{name}: the examiner sees {value}, the memory says {looks[-1][name]}"
    yield from _about_processes(seen.processes, before, after)


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


def _about_processes(table: list[processes.Process], before: Testimony, after: Testimony) -> Iterator[str]:
    shown = {one.pid: one for one in table}
    earlier = {one.pid: one for one in before.processes}
    for one in after.processes:
        was, its = earlier.get(one.pid), shown.get(one.pid)
        if was is None or (was.name, was.oom_score_adj) != (one.name, one.oom_score_adj):
            continue  # it came or changed while the examiner was looking
        what = f"process {one.pid} ({one.name})"
        if its is None:
            yield f"{what}: the examiner does not see it"
            continue
        if (its.name, its.oom_score_adj) != (one.name, one.oom_score_adj):
            yield f"{what} has oom_score_adj {one.oom_score_adj}: the examiner sees {its.name} with {its.oom_score_adj}"
        low, high = sorted((was.rss_kb, one.rss_kb))
        if not low - _RSS_KB <= its.rss_kb <= high + _RSS_KB:
            yield f"{what} has {low} to {high} kB in memory: the examiner sees {its.rss_kb}"
    youngest = max(earlier)
    for pid, ghost in shown.items():
        if pid <= youngest and pid not in earlier and ghost.rss_kb:
            yield f"process {pid} ({ghost.name}): the examiner sees it, and it is not there"
