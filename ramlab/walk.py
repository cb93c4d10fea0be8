"""`ramlab walk`: the page tables of a process, read from outside of its machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from containers import paging
from containers.errors import UsageError
from containers.vm import VmMachine
from ramlab import places, sessions

if TYPE_CHECKING:
    from containers.tasks import Task

_SHOWN = 16
"""Bytes that are shown from the address on, as far as the page goes."""
_PID = re.compile(r"[1-9][0-9]{0,9}")
_HEXADECIMAL = re.compile(r"(0[xX])?([0-9a-fA-F]{1,16})")


def walk(*, lab: str, pid: str, address: str, student: str) -> int:
    """Print how `address` of process `pid` is translated, level by level, and the bytes that are there."""
    number, virtual = _pid(pid), _address(address)
    machine = sessions.require(places.wanted(lab, student))
    if not isinstance(machine, VmMachine):
        raise UsageError(
            f"{machine.name} is a {machine.kind} machine: its memory is its host's, and cannot be read from outside",
            hint=f"ramlab reset {lab} --machine vm",
        )
    from containers import outside, tasks
    from containers.layout import Layout

    layout = Layout.of(machine.template)
    with outside.standing_still(machine) as (seen, standstill):
        task = tasks.find(seen, layout, number)
        if task is None:
            raise UsageError(f"there is no process {number} in {machine.name}", hint=f"ramlab exec {lab} -- ps -e")
        if not paging.canonical(virtual, seen.levels):
            raise UsageError(
                f"{virtual:#x} is no address: with page tables of {seen.levels} levels the bits from"
                f" {paging.width(seen.levels) - 1} on have to be alike",
                hint=f"the addresses that it has: ramlab exec {lab} -- cat /proc/{number}/maps",
            )
        if task.root is None:
            raise UsageError(f"{number} ({task.comm}) is a thread of the kernel: it has no page tables of its own")
        root = seen.walk(task.root).physical
        found = seen.walk(virtual, root)
        there = found.physical
        size = 0 if there is None else min(_SHOWN, paging.PAGE - there % paging.PAGE)
        content = b"" if there is None else seen.physical(there, size)
    print(report(task, found, content, levels=seen.levels))
    print(f"\nThe machine stood still for {standstill.seconds * 1000:.0f} ms.")
    return 0


def report(task: Task, found: paging.Walk, content: bytes, *, levels: int) -> str:
    """What is printed of a walk; `content`: the bytes at its end, from the address on."""
    first = found.entries[0]
    rows = [("level", "index", "entry at", "entry", "what it says")]
    rows += [
        (f"{one.level} {one.name}", str(one.index), f"{one.place:#x}", f"{one.value:#018x}", ", ".join(one.flags))
        for one in found.entries
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[4]]).rstrip() for row in rows]
    return "\n".join([
        f"{task.pid} ({task.comm}): page tables of {levels} levels, the highest at {first.place - 8 * first.index:#x}",
        f"virtual  {found.virtual:#x}",
        "",
        *lines,
        "",
        *_end(found, content),
    ])  # fmt: skip


def _end(found: paging.Walk, content: bytes) -> list[str]:
    last, there = found.entries[-1], found.physical
    if there is None:
        return [f"no physical page: the walk ends at level {last.level}, with an entry that is not present"]
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in content)  # noqa: PLR2004 -- what ASCII can print
    return [
        f"physical {there:#x} = page frame {there // paging.PAGE:#x}, byte {there % paging.PAGE:#x} of it",
        f"there    {content.hex(' ')}  {text}",
    ]


def _pid(word: str) -> int:
    if not _PID.fullmatch(word):
        raise UsageError(f"{word!r} is no process's number", hint="legal: a number from 1 on, as ps shows it")
    return int(word)


def _address(word: str) -> int:
    match = _HEXADECIMAL.fullmatch(word)
    if not match:
        raise UsageError(
            f"{word!r} is no address", hint="legal: hexadecimal, as in /proc/PID/maps: 7f2c1a400000, 0x7f2c1a400000"
        )
    return int(match[2], 16)
