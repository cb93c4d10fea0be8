"""A vm's memory from outside: what its CPUs' registers and its page tables hold while it stands still."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from containers import guest_memory, paging, qmp, sockets
from containers.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from containers.guest_memory import GuestMemory
    from containers.vm import VmMachine

_REGISTER = re.compile(r"\bCR([34])=([0-9a-f]+)")
_LINE = re.compile(r"^[0-9a-f]+:((?: 0x[0-9a-f]{16})+)\s*$", re.MULTILINE)
_LA57 = 1 << 12
"""In CR4: page tables of 5 levels."""
_WORD = 8
_BLOCK = 256
"""Bytes that QEMU is asked for at once: it prints them as text, and a page of it takes as long as ten of these."""


class Outside:
    """A machine that stands still. Addresses are in bytes."""

    def __init__(self, command: Callable[[str], str], memory: GuestMemory | None = None) -> None:
        """`command` asks QEMU's monitor. What `memory` has is read there: a hundredth of the time."""
        self.command = command
        self.memory = memory
        """None where there is none that agrees with QEMU."""
        self._blocks: dict[int, bytes] = {}
        self._pages: dict[int, int] = {}
        """The kernel's pages, by virtual address, that were translated."""
        registers = dict(_REGISTER.findall(command("info registers")))
        if registers.keys() != {"3", "4"}:
            raise MachineError(f"QEMU's registers have no CR3 and CR4: {sorted(registers)}")
        self.root = int(registers["3"], 16)
        """CR3 of the first CPU: the page tables of whatever it was at, the kernel's part among them."""
        self.levels = 5 if int(registers["4"], 16) & _LA57 else 4
        self._compare((self.root & paging.ADDRESS) + paging.PAGE - _BLOCK)

    def physical(self, address: int, size: int) -> bytes:
        """`size` bytes at a physical address. Raises MachineError where no memory is."""
        if self.memory and (found := self.memory.read(address, size)) is not None:
            return found
        begin = address & -_BLOCK
        read = b"".join(self._block(place) for place in range(begin, address + size, _BLOCK))
        return read[address - begin : address - begin + size]

    def walk(self, address: int, root: int | None = None) -> paging.Walk:
        """How a virtual address is translated, by the tables at `root` or by those that are in use."""
        root = self.root if root is None else root
        return paging.walk(self._word, root, address, levels=self.levels)

    def kernel(self, address: int, size: int) -> bytes:
        """`size` bytes at an address of the kernel's. Raises MachineError where it has none."""
        read = b""
        while len(read) < size:
            page, inside = divmod(address + len(read), paging.PAGE)
            if page not in self._pages:
                place = self.walk(page * paging.PAGE).physical
                if place is None:
                    raise MachineError(f"the kernel has nothing at {address + len(read):#x}")
                self._pages[page] = place
            read += self.physical(self._pages[page] + inside, min(size - len(read), paging.PAGE - inside))
        return read

    def _word(self, place: int) -> int:
        return int.from_bytes(self.physical(place, _WORD), "little")

    def _compare(self, place: int) -> None:
        """Use QEMU's memory only if it has at `place` what QEMU says is there: the kernel's own in a page table."""
        memory, self.memory = self.memory, None
        if memory and memory.read(place, _BLOCK) == self.physical(place, _BLOCK):
            self.memory = memory

    def _block(self, address: int) -> bytes:
        if address not in self._blocks:
            said = self.command(f"xp /{_BLOCK // _WORD}gx {address:#x}")
            words = [int(word, 16) for line in _LINE.findall(said) for word in line.split()]
            if len(words) != _BLOCK // _WORD:
                raise MachineError(f"QEMU reads no memory at {address:#x}: {said.strip()[-200:]}")
            self._blocks[address] = b"".join(word.to_bytes(_WORD, "little") for word in words)
        return self._blocks[address]


class Standstill:
    """How long a machine stood still, once it runs again."""

    seconds = 0.0


@contextmanager
def standing_still(machine: VmMachine) -> Iterator[tuple[Outside, Standstill]]:
    """Stop `machine`'s CPUs, look, and let them run again whatever happens. Nothing in the machine can notice.

    Its clock stands still as well. Raises MachineError where QEMU does not answer.
    """
    took = Standstill()
    socket = sockets.folder_of(machine.folder) / "qmp"
    with guest_memory.opened(machine) as memory, qmp.monitor(socket) as execute:

        def command(line: str) -> str:
            return str(execute("human-monitor-command", **{"command-line": line}))

        execute("stop")
        began = time.monotonic()
        try:
            yield Outside(command, memory), took
        finally:
            execute("cont")
            took.seconds = time.monotonic() - began
