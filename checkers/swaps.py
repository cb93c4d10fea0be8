"""Where the machine may swap to, and what lies there beside processes: /proc/swaps, files of a tmpfs."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import NotThere, ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_ROW = re.compile(r"(?P<path>\S+)\s+(?P<kind>\w+)\s+(?P<size>\d+)\s+(?P<used>\d+)\s+(?P<priority>-?\d+)")
_ESCAPE = re.compile(r"\\([0-7]{3})")
_ROOT = "/proc/1/root"
"""Where PID 1 has its files: the machine's own, also for a reader who has another root."""

# A NUL ends each name, as nothing else cannot be in it; fincore asks the kernel (cachestat) and reads no page.
_FILES = rf"""
cd {_ROOT}"$1" 2>/dev/null || exit 0
find . -xdev -type f -printf '%b %P\0'
printf '\0'
find . -xdev -type f -exec fincore --bytes --noheadings --output RES {{}} +
"""
_BACKING = rf"""
[ -e {_ROOT}"$1" ] || {{ echo gone; exit 0; }}
stat -c '%d %a %u %s %b' {_ROOT}/ {_ROOT}"$1"
"""


@dataclass(frozen=True, kw_only=True)
class Swap:
    """An active swap area."""

    path: str
    """As the kernel has it; spaces stand as `\\040`."""
    kind: str
    """`partition` or `file`."""
    size_kb: int
    """Without the header, which is a page."""
    used_kb: int
    priority: int
    """Higher is used first; negative ones were given by the kernel."""


@dataclass(frozen=True, kw_only=True)
class Backing:
    """The file or device behind a swap area, as it lies in the machine's files now."""

    mode: int
    """Permission bits, `0o600`."""
    uid: int
    size_bytes: int
    """0 for a device."""
    allocated_bytes: int
    """Less than the size where there are holes."""
    on_root: bool
    """Whether it lies in the file system that is mounted at /."""


@dataclass(frozen=True, kw_only=True)
class TmpfsFile:
    """A file of a tmpfs: its pages are in RAM or in swap, and no process need hold them."""

    path: str
    held_kb: int
    """What it takes, wherever that lies; less than its size where there are holes."""
    swapped_kb: int
    """What of that is not in RAM."""


def read(host: "Host") -> list[Swap]:
    """The active swap areas, in the kernel's order.

    >>> [(swap.path, swap.priority) for swap in swaps.read(host)]
    [('/swap', -2)]

    Source: proc_swaps(5), swapon(8). Raises ReadError.
    """
    return parse(run(host, "cat /proc/swaps", what="/proc/swaps"))


def parse(text: str) -> list[Swap]:
    """The text of /proc/swaps. Raises ReadError naming the line that is none."""
    header, *rows = text.splitlines() or [""]
    if not header.startswith("Filename"):
        raise ReadError(f"/proc/swaps: expected a header that begins with 'Filename', seen {shown(header)}")
    found = []
    for row in rows:
        match = _ROW.fullmatch(row.rstrip())
        if not match:
            raise ReadError(f"/proc/swaps: expected path, type, size, used and priority, seen {shown(row)}")
        found.append(
            Swap(
                path=match["path"],
                kind=match["kind"],
                size_kb=int(match["size"]),
                used_kb=int(match["used"]),
                priority=int(match["priority"]),
            )
        )
    return found


def backing(host: "Host", swap: Swap) -> Backing:
    """The file or device at a swap area's path, in the files of PID 1.

    >>> oct(swaps.backing(host, swap).mode)
    '0o600'

    Raises NotThere (the learner's failure) where nothing lies there any more, ReadError.
    """
    path = _ESCAPE.sub(lambda octal: chr(int(octal[1], 8)), swap.path)
    text = run(host, _BACKING, path, what=f"the file behind {swap.path}").strip()
    if text == "gone":
        raise NotThere(
            seen=f"nothing at {swap.path}, which is an active swap area",
            expected="its file or device: without it no swapoff finds the area, and no boot",
            following="look what was mounted over it: the kernel lets nobody remove a swap file that is active",
        )
    return parse_backing(text)


def parse_backing(text: str) -> Backing:
    """Lines of `stat -c '%d %a %u %s %b'` for / and for the file: device, mode, owner, size, blocks of 512 bytes.

    Raises ReadError.
    """
    match = re.fullmatch(r"(\d+) .*\n(\d+) ([0-7]+) (\d+) (\d+) (\d+)", text)
    if not match:
        raise ReadError(f"stat: expected device, mode, uid, size and blocks, twice, seen {shown(text)}")
    return Backing(
        mode=int(match[3], 8),
        uid=int(match[4]),
        size_bytes=int(match[5]),
        allocated_bytes=int(match[6]) * 512,
        on_root=match[1] == match[2],
    )


def tmpfs_files(host: "Host", folder: str) -> list[TmpfsFile]:
    """The files below a folder of a tmpfs, and how much of each is swapped out; none where there is no such folder.

    >>> max(swaps.tmpfs_files(host, "/dev/shm"), key=lambda file: file.swapped_kb)
    TmpfsFile(path='/dev/shm/index', held_kb=16384, swapped_kb=16128)

    The folder is PID 1's. Needs fincore(1) of util-linux on the host. Source: cachestat(2), tmpfs(5).
    Raises ReadError.
    """
    text = run(host, _FILES, folder, what=f"files in {folder}")
    return parse_tmpfs_files(text, folder)


def parse_tmpfs_files(text: str, folder: str) -> list[TmpfsFile]:
    """Entries `blocks path`, each ended by a NUL, one more NUL, then a line of bytes in RAM for each.

    Raises ReadError where the two do not tell of as many files: one came or went meanwhile.
    """
    if not text:
        return []
    entries, end, residents = text.rpartition("\0")
    named = [entry.split(" ", 1) for entry in entries.removesuffix("\0").split("\0") if entry]
    resident = [int(line) for line in residents.split() if line.isdecimal()]
    if not end or len(named) != len(resident) or not all(entry[0].isdecimal() for entry in named):
        raise ReadError(
            f"files in {folder}: {len(named)} files, and memory of {len(resident)}: {shown(residents)}",
            hint="files that come and go meanwhile; look again",
        )
    found = []
    for (blocks, path), in_ram in zip(named, resident, strict=True):
        held_kb = int(blocks) // 2
        found.append(
            TmpfsFile(path=f"{folder.rstrip('/')}/{path}", held_kb=held_kb, swapped_kb=max(0, held_kb - in_ram // 1024))
        )
    return found
