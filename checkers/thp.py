"""Transparent huge pages: who may have them, and who has them: /sys/kernel/mm/transparent_hugepage, /proc/PID."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from checkers._amounts import Amounts
from checkers._reading import run, shown
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

# Below 2 of grep's exit statuses, one only means that an older kernel lacks a file.
_SETTINGS = """
cd /sys/kernel/mm/transparent_hugepage || exit
LC_ALL=C grep -asH '' enabled defrag khugepaged/* hugepages-*/enabled
[ $? -lt 126 ] || exit
"""
_SUMS = "Rss|Anonymous|AnonHugePages|Private_Hugetlb|Shared_Hugetlb"
# Of those that are there, in one process; grep sets the file's name before each line.
_USERS = f"""
cd /proc && LC_ALL=C && export LC_ALL && echo "self:$$" || exit
[ $# -gt 0 ] || set -- [0-9]*
set -- $(for pid; do [ ! -d "$pid" ] || echo "$pid/smaps_rollup $pid/status"; done)
[ $# = 0 ] || grep -asHE '^(Name|THP_enabled|{_SUMS}):' "$@"
[ $? -lt 126 ] || exit
"""
_SETTING = re.compile(r"(?P<file>[\w/-]+):(?P<value>.*)")
_SIZE = re.compile(r"hugepages-(?P<kb>\d+)kB/enabled")
_LINE = re.compile(r"(?P<pid>\d+)/(?P<file>smaps_rollup|status):(?P<name>\w+):\s*(?P<value>.*)")


class Khugepaged(Amounts):
    """What the thread that merges small pages is told, and what it has done, by the names of its files."""

    surface: ClassVar[str] = "khugepaged"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Who may have transparent huge pages, on the whole machine."""

    enabled: str
    """`always`, `madvise` or `never`: at a page fault, and by khugepaged. MADV_COLLAPSE does not ask."""
    defrag: str
    """How hard a page fault tries where no huge page is free."""
    khugepaged: Khugepaged
    sizes: Mapping[int, str]
    """The word for each size in kB: one of those above, or `inherit`. Empty before Linux 6.8."""

    def of(self, size_kb: int) -> str:
        """The word that holds for a size, `inherit` resolved; `never` for a size that there is not.

        >>> thp.read(host).of(64)
        'never'
        """
        word = self.sizes.get(size_kb, "never" if self.sizes else self.enabled)
        return self.enabled if word == "inherit" else word


@dataclass(frozen=True, kw_only=True)
class User:
    """One process's memory by the size of its pages. Sizes are kB."""

    pid: int
    name: str
    rss_kb: int
    """Resident; the pages of hugetlb are not in it."""
    anonymous_kb: int
    anon_huge_kb: int
    """Anonymous memory mapped by whole huge pages of 2 MiB; smaller ones (mTHP) are not in it."""
    hugetlb_kb: int
    """Pages of the hugetlb pool, private and shared."""
    may: bool
    """False after prctl(PR_SET_THP_DISABLE); what the machine's settings say is another question."""


def read(host: "Host") -> Settings:
    """The machine's settings.

    >>> thp.read(host).enabled
    'madvise'

    Source: the kernel's admin-guide/mm/transhuge.rst. Raises ReadError, also for a kernel without THP.
    """
    return parse(run(host, _SETTINGS, what="/sys/kernel/mm/transparent_hugepage"))


def parse(text: str) -> Settings:
    """Lines `FILE:VALUE`, as grep prints them. Raises ReadError naming the line that is none."""
    values: dict[str, str] = {}
    for line in filter(None, text.splitlines()):
        match = _SETTING.fullmatch(line)
        if not match:
            raise ReadError(f"transparent_hugepage: expected 'FILE:VALUE', seen {shown(line)}")
        values[match["file"]] = match["value"]
    numbers = {
        name.removeprefix("khugepaged/"): int(value)
        for name, value in values.items()
        if name.startswith("khugepaged/") and value.isdecimal()
    }
    sizes = {int(match["kb"]): _chosen(values, name) for name in values if (match := _SIZE.fullmatch(name))}
    return Settings(
        enabled=_chosen(values, "enabled"),
        defrag=_chosen(values, "defrag"),
        khugepaged=Khugepaged(numbers),
        sizes=MappingProxyType(sizes),
    )


def users(host: "Host", pids: Iterable[int] = ()) -> list[User]:
    """What processes have, by pid, in one round trip; all processes where no pid is given.

    >>> [(one.name, one.anon_huge_kb) for one in thp.users(host) if one.anon_huge_kb]
    [('stardb', 28672)]

    Who has ended is not in it, nor who has no memory of its own (kernel threads, zombies). Takes root for other
    users' processes. Source: proc_pid_smaps(5), proc_pid_status(5). Raises ReadError.
    """
    return parse_users(run(host, _USERS, *map(str, pids), what="/proc/PID/smaps_rollup"))


def parse_users(text: str) -> list[User]:
    """Lines `PID/FILE:NAME: VALUE`, after one `self:PID`. Raises ReadError naming the line that is none."""
    first, *lines = text.split("\n")
    if not first.removeprefix("self:").isdecimal():
        raise ReadError(f"/proc: expected 'self:PID', seen {shown(first)}")
    found: dict[int, dict[str, str]] = {}
    for line in filter(None, lines):
        match = _LINE.fullmatch(line)
        if not match:
            raise ReadError(f"/proc: expected 'PID/FILE:NAME: VALUE', seen {shown(line)}")
        found.setdefault(int(match["pid"]), {})[match["name"]] = match["value"]
    ours = int(first.removeprefix("self:"))
    return [
        _user(pid, fields) for pid, fields in sorted(found.items()) if {"Rss", "Name"} <= set(fields) and pid != ours
    ]


def _user(pid: int, fields: Mapping[str, str]) -> User:
    def kb(name: str) -> int:
        value = fields.get(name, "")
        number, _, unit = value.partition(" ")
        if not number.isdecimal() or unit != "kB":
            raise ReadError(f"/proc/{pid}/smaps_rollup: {name}: expected a number of kB, seen {shown(value)}")
        return int(number)

    return User(
        pid=pid,
        name=fields["Name"],
        rss_kb=kb("Rss"),
        anonymous_kb=kb("Anonymous"),
        anon_huge_kb=kb("AnonHugePages"),
        hugetlb_kb=kb("Private_Hugetlb") + kb("Shared_Hugetlb"),
        may=fields.get("THP_enabled") == "1",
    )


def _chosen(values: Mapping[str, str], name: str) -> str:
    """The word in brackets."""
    words = [word for word in values.get(name, "").split() if word.startswith("[") and word.endswith("]")]
    if len(words) != 1:
        raise ReadError(
            f"transparent_hugepage/{name}: expected one word in brackets, seen {shown(values.get(name, ''))}"
        )
    return words[0][1:-1]
