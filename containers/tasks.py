"""A machine's processes from outside, by the list that its kernel keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from containers.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from containers.layout import Layout
    from containers.outside import Outside

_MOST = 100_000
"""Processes that are looked at; a list that is longer leads in a circle."""
_COMM = 16
_POINTER = 8
_LOWEST = 1 << 63
"""Every pointer of the kernel is above this."""


@dataclass(frozen=True)
class Task:
    """A process, as the kernel's own structures have it."""

    pid: int
    comm: str
    root: int | None
    """Where its page table of the highest level is, as the kernel addresses it; None: a kernel thread has none."""


def every(outside: Outside, layout: Layout, way: str = "next") -> Iterator[int]:
    """Where each task_struct is but that of the idle task: `next`, the oldest first, or `prev`, the youngest first."""
    link = layout.offsets["task_struct.tasks"]
    onward = link + layout.offsets[f"list_head.{way}"]
    task = layout.symbols["init_task"]
    for _ in range(_MOST):
        task = _number(outside, task + onward) - link
        if task == layout.symbols["init_task"]:
            return
        if task < _LOWEST:
            break
        yield task
    raise MachineError(
        "the kernel was at work on its list of processes when the machine was stopped", hint="type the same again"
    )


def find(outside: Outside, layout: Layout, pid: int) -> Task | None:
    """The process `pid`; None where there is none. Raises MachineError where the list makes no sense."""
    offsets = layout.offsets

    def pid_of(task: int) -> int:
        return _number(outside, task + offsets["task_struct.tgid"], 4)

    # The list is in the order of birth. Each of its tasks costs a question, so it is read from the nearer end.
    youngest = next(every(outside, layout, "prev"))
    way = "prev" if pid > pid_of(youngest) // 2 else "next"
    for task in every(outside, layout, way):
        if pid_of(task) == pid:
            comm = outside.kernel(task + offsets["task_struct.comm"], _COMM)
            memory = _number(outside, task + offsets["task_struct.mm"])
            root = _number(outside, memory + offsets["mm_struct.pgd"]) if memory else None
            return Task(pid, comm.partition(b"\0")[0].decode(errors="replace"), root)
    return None


def _number(outside: Outside, address: int, size: int = _POINTER) -> int:
    return int.from_bytes(outside.kernel(address, size), "little")
