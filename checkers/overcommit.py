"""What the kernel has promised and what it would still promise: vm.overcommit_*, /proc/meminfo, /proc/PID/smaps."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers import meminfo, sysctl
from checkers._reading import run, shown
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

GUESS, ALWAYS, NEVER = range(3)
"""The modes of vm.overcommit_memory, as the kernel's source calls them."""
PAGE_KB = 4
_SIZE_SHARE = 32
"""A process leaves a 32nd of its size to others, or vm.user_reserve_kbytes where that is less."""
_SETTINGS = {
    "vm.overcommit_memory": "mode",
    "vm.overcommit_ratio": "ratio",
    "vm.overcommit_kbytes": "kbytes",
    "vm.admin_reserve_kbytes": "admin_reserve_kb",
    "vm.user_reserve_kbytes": "user_reserve_kb",
}
_NOW = 'cd /proc/sys && grep -H "" -- "$@" /dev/null && echo && cat /proc/meminfo'
# The shell has made its list before grep is there, so only the shell itself has to be left out. -s: who ends
# meanwhile is passed over. A name may hold a newline: grep sets the file's name before its second line, too.
_PROMISES = """\
cd /proc && set -- [0-9]* && echo "self:$$" || exit
names=; maps=
for pid in "$@"; do
  names="$names $pid/comm"
  maps="$maps $pid/smaps"
done
LC_ALL=C; export LC_ALL
grep -asH '' $names
grep -asHE '^(Size|Anonymous|Swap|VmFlags):' $maps
[ $? -lt 126 ] || exit
"""
_LINE = re.compile(r"(?P<pid>\d+)/(?P<file>comm|smaps):(?P<line>.*)", re.DOTALL)
_FIELD = re.compile(r"(?P<name>Size|Anonymous|Swap): +(?P<kb>\d+) kB")


@dataclass(frozen=True, kw_only=True)
class Overcommit:
    """How the machine promises memory, and what it has promised. Sizes are kB (1024 bytes)."""

    mode: int
    """GUESS (0): refuse a single request of more than all memory and swap; ALWAYS (1): refuse nothing; NEVER (2):
    refuse what brings `committed_kb` above `limit_kb`."""
    ratio: int
    """Per cent; 0 while `kbytes` counts."""
    kbytes: int
    """0 while `ratio` counts."""
    admin_reserve_kb: int
    """In mode 2, what only processes with CAP_SYS_ADMIN may take of the limit."""
    user_reserve_kb: int
    """In mode 2, what a process leaves to others at most; see `allowed_kb`."""
    total_kb: int
    """`MemTotal`."""
    hugetlb_kb: int
    """`Hugetlb`: set aside for huge pages of all sizes."""
    swap_kb: int
    """`SwapTotal`."""
    limit_kb: int
    """`CommitLimit`, which the kernel computes in any mode and heeds in mode 2."""
    committed_kb: int
    """`Committed_AS`: all that is promised now."""

    @property
    def room_kb(self) -> int:
        """What mode 2 would still promise to root; less than 0 where more is promised already."""
        return self.limit_kb - self.committed_kb

    @property
    def largest_request_kb(self) -> int:
        """The largest single request that mode 0 does not refuse, whatever is used or promised already."""
        return self.total_kb + self.swap_kb

    def allowed_kb(self, vm_size_kb: int, *, admin: bool) -> int:
        """Up to where a process of this size may bring `committed_kb` in mode 2.

        `admin`: whether it has CAP_SYS_ADMIN. The size is all that is mapped, promised or not.
        """
        reserved = 0 if admin else self.admin_reserve_kb
        return self.limit_kb - reserved - min(vm_size_kb // _SIZE_SHARE, self.user_reserve_kb)


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What one process was promised, and what it has made of it. Sizes are kB."""

    pid: int
    name: str
    promised_kb: int
    """The mappings that the kernel counts in Committed_AS (`ac` among their VmFlags): private and writable, now or
    once, and not MAP_NORESERVE. Shared anonymous memory is promised to its file, and to no process."""
    used_kb: int
    """Their anonymous pages, in memory or in swap."""

    @property
    def gap_kb(self) -> int:
        """What it may still use without asking."""
        return self.promised_kb - self.used_kb


def read(host: "Host") -> Overcommit:
    """Settings and sums now, in one round trip.

    >>> overcommit.read(host).limit_kb
    236464

    Source: proc_sys_vm(5), proc_meminfo(5). Raises ReadError.
    """
    paths = [name.replace(".", "/") for name in _SETTINGS]
    return parse(run(host, _NOW, *paths, what="vm.overcommit_memory and its kin"))


def parse(text: str) -> Overcommit:
    """Parse lines `vm/overcommit_memory:0`, an empty one, and the text of /proc/meminfo. Raises ReadError."""
    settings, _, memory = text.partition("\n\n")
    values = sysctl.parse(settings, tuple(_SETTINGS))
    now = meminfo.parse(memory)
    return Overcommit(
        **{field: values[name] for name, field in _SETTINGS.items()},
        total_kb=now.total_kb,
        hugetlb_kb=now["Hugetlb"],
        swap_kb=now.swap_total_kb,
        limit_kb=now["CommitLimit"],
        committed_kb=now["Committed_AS"],
    )


def commit_limit_kb(
    total_kb: int, *, ratio: int = 0, kbytes: int = 0, hugetlb_kb: int = 0, swap_kb: int = 0, page_kb: int = PAGE_KB
) -> int:
    """Compute CommitLimit as the kernel does, in whole pages; huge pages count only where the ratio does.

    >>> overcommit.commit_limit_kb(472932, ratio=50, hugetlb_kb=24576)
    224176
    >>> overcommit.commit_limit_kb(472932, kbytes=300000, hugetlb_kb=24576, swap_kb=40956)
    340956

    Source: vm_commit_limit() of the kernel's mm/util.c.
    """
    pages = kbytes // page_kb if kbytes else (total_kb - hugetlb_kb) // page_kb * ratio // 100
    return (pages + swap_kb // page_kb) * page_kb


def promises(host: "Host") -> list[Promise]:
    """What each process was promised, by pid, without the shell that reads. Slow where processes are large.

    >>> max(overcommit.promises(host), key=lambda promise: promise.gap_kb).name
    'posters'

    Kernel threads and zombies have no mappings and are not in it. Takes root for other users' processes.
    Source: proc_pid_smaps(5). Raises ReadError.
    """
    return parse_promises(run(host, _PROMISES, what="/proc/PID/smaps"))


def parse_promises(text: str) -> list[Promise]:
    """Parse lines `PID/comm:NAME` and `PID/smaps:LINE`, after one `self:PID`. Raises ReadError naming the line."""
    first, *lines = text.split("\n")
    if not first.removeprefix("self:").isdecimal():
        raise ReadError(f"/proc: expected 'self:PID', seen {shown(first)}")
    names: dict[int, list[str]] = {}
    mappings: dict[int, list[str]] = {}
    for line in filter(None, lines):
        match = _LINE.fullmatch(line)
        if not match:
            raise ReadError(f"/proc: expected 'PID/FILE:LINE', seen {shown(line)}")
        of = names if match["file"] == "comm" else mappings
        of.setdefault(int(match["pid"]), []).append(match["line"])
    ours = int(first.removeprefix("self:"))
    return [
        _promise(pid, "\n".join(names[pid]), mappings[pid]) for pid in sorted(mappings) if pid in names and pid != ours
    ]


def _promise(pid: int, name: str, lines: Iterable[str]) -> Promise:
    """Sum up the mappings of one process; VmFlags is the last line of each."""
    promised = used = 0
    kb = {"Size": 0, "Anonymous": 0, "Swap": 0}
    for line in lines:
        if field := _FIELD.fullmatch(line):
            kb[field["name"]] = int(field["kb"])
        elif line.startswith("VmFlags:"):
            if "ac" in line.split():
                promised += kb["Size"]
                used += kb["Anonymous"] + kb["Swap"]
        else:
            raise ReadError(f"/proc/{pid}/smaps: not as in proc_pid_smaps(5), seen {shown(line)}")
    return Promise(pid=pid, name=name, promised_kb=promised, used_kb=used)
