"""Files that have no name any more and live on because a process holds them open: /proc/PID/fd.

`du` and `ls` cannot find them, `df` counts them; on tmpfs they are memory that no process shows.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

# Each record ends in a NUL, as a name may hold anything else; the links' own names are tame. find writes out what it
# has before it starts a stat.
_READ = r"""
cd /proc && LC_ALL=C && export LC_ALL || exit
find [0-9]*/fd -mindepth 1 -maxdepth 1 -lname '* (deleted)' -xtype f -printf 'link:%p %l\0' \
  -exec stat -L --printf 'file:%n %h %b %B %s\0' {} + \
  -exec stat -f -L --printf 'system:%n %T %S %b %f\0' {} + 2>/dev/null
: # What closed meanwhile is missing in one of the three, and left out.
"""
_LINK = re.compile(r"link:(?P<key>\d+/fd/\d+) (?P<path>.*) \(deleted\)", re.DOTALL)
_FILE = re.compile(r"file:(?P<key>\d+/fd/\d+) (?P<links>\d+) (?P<blocks>\d+) (?P<unit>\d+) (?P<size>\d+)")
_SYSTEM = re.compile(r"system:(?P<key>\d+/fd/\d+) (?P<type>\S+) (?P<unit>\d+) (?P<blocks>\d+) (?P<free>\d+)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Unlinked:
    """A file without a name, at one of the descriptors that keep it. Sizes are kB (1024 bytes)."""

    pid: int
    descriptor: int
    path: str
    """What it was called when it was opened."""
    allocated_kb: int
    """What it takes; less than its size where it has holes."""
    size_kb: int
    file_system: str
    """`tmpfs`, `ext2/ext3` ..., as `stat --file-system` says it."""
    file_system_kb: int
    """What the file system can hold, also where it is mounted nowhere any more."""
    file_system_used_kb: int

    @property
    def folder(self) -> str:
        """The folder that it was in."""
        return self.path.rpartition("/")[0] or "/"


def table(host: "Host") -> list[Unlinked]:
    """All of them, by pid and descriptor, in one round trip.

    >>> [(file.pid, file.folder, file.allocated_kb) for file in unlinked.table(host)]
    [(283, '/srv/visits', 18940)]

    Mapped and closed ones are not among them: their processes show them. Nor are those that hang on a socket.
    Source: proc_pid_fd(5), statfs(2). Raises ReadError.
    """
    return parse(run(host, _READ, what="/proc/PID/fd"))


def parse(text: str) -> list[Unlinked]:
    """Parse records `link:`, `file:` and `system:` with a NUL after each. Raises ReadError naming one that is none."""
    found: dict[str, dict[str, re.Match[str]]] = {}
    for record in filter(None, text.split("\0")):
        kind = record.partition(":")[0]
        pattern = {"link": _LINK, "file": _FILE, "system": _SYSTEM}.get(kind)
        match = pattern.fullmatch(record) if pattern else None
        if not match:
            raise ReadError(f"/proc/PID/fd: expected a link, a file or a file system, seen {shown(record)}")
        found.setdefault(match["key"], {})[kind] = match
    # A name may end in " (deleted)" with the file still there: it has a link then.
    whole = [parts for parts in found.values() if len(parts) == 3 and parts["file"]["links"] == "0"]  # noqa: PLR2004
    return sorted((_unlinked(**parts) for parts in whole), key=lambda one: (one.pid, one.descriptor))


def _unlinked(*, link: re.Match[str], file: re.Match[str], system: re.Match[str]) -> Unlinked:
    pid, _, descriptor = link["key"].partition("/fd/")
    unit, blocks, free = int(system["unit"]), int(system["blocks"]), int(system["free"])
    return Unlinked(
        pid=int(pid),
        descriptor=int(descriptor),
        path=link["path"],
        allocated_kb=int(file["blocks"]) * int(file["unit"]) // 1024,
        size_kb=int(file["size"]) // 1024,
        file_system=system["type"],
        file_system_kb=blocks * unit // 1024,
        file_system_used_kb=(blocks - free) * unit // 1024,
    )
