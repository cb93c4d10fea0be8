"""The logs of a failure, kept in the checkout; stale ones are deleted."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from containers.errors import MachineError, RamlabError
from containers.vm import VmMachine

if TYPE_CHECKING:
    from containers.machine import Machine

LOGS = ("console.log", "dmesg.log", "report.log")


class Keeper:
    """Writes `.ramlab/<lab>/{console,dmesg,report}.log`; for an attempt with a report, beside that report."""

    def __init__(self, root: Path, lab: str, attempt_report: str | None, *, wanted: bool = True) -> None:
        self._wanted = wanted
        self._root = root
        self._folder = Path(attempt_report).absolute().parent if attempt_report else root / ".ramlab" / lab
        self._machine_kept = False

    def forget(self) -> None:
        """Delete what an earlier run kept."""
        if not self._wanted:
            return
        for name in LOGS:
            (self._folder / name).unlink(missing_ok=True)

    def report(self, check: str, text: str) -> None:
        """Add what a check said, in full."""
        if not self._wanted:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "report.log").open("a") as log:
            log.write(f"{check}\n{text}\n\n")

    def machine(self, machine: Machine) -> None:
        """Keep the console and the kernel log, once: the first failure's are the ones to read."""
        if self._machine_kept or not self._wanted:
            return
        self._machine_kept = True
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "console.log").write_text(_console(machine))
        (self._folder / "dmesg.log").write_text(_kernel_log(machine))

    def shown(self) -> str:
        """`.ramlab/05_oom/{console,dmesg,report}.log`, as far as they are there; empty if none is."""
        there = [name.removesuffix(".log") for name in LOGS if (self._folder / name).exists()]
        if not there:
            return ""
        try:
            folder = self._folder.relative_to(self._root)
        except ValueError:
            folder = self._folder
        return f"{folder}/{{{','.join(there)}}}.log" if len(there) > 1 else f"{folder}/{there[0]}.log"


def _console(machine: Machine) -> str:
    try:
        return machine.console()
    except (MachineError, OSError) as error:
        return f"no console: {error}\n"


def _kernel_log(machine: Machine) -> str:
    if not machine.alive():
        return "the machine has ended: see console.log\n"
    if isinstance(machine, VmMachine):
        from containers import witness

        with suppress(RamlabError):  # from outside: it takes no living door, and nobody inside has a say
            return witness.kernel_log(machine)
    try:
        return machine.examiner.run("dmesg", timeout=30).stdout
    except MachineError as error:
        return f"no kernel log: {error}\n"
