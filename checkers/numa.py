"""Where memory is: the machine's nodes, the pages of a process node by node, the nodes of an OOM.

Sources: the kernel's admin-guide/mm/numa_memory_policy.rst and ABI/stable/sysfs-devices-node, numa(7),
fs/proc/task_mmu.c (numa_maps), mm/mempolicy.c (how a policy is written), mm/oom_kill.c.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from checkers._amounts import Amounts, parse_lines
from checkers._reading import run, shown
from checkers.errors import NotThere, ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

PAGE_KB = 4
"""kB in a page on x86-64; an OOM report does not say it."""

_NODES = """
cd /sys/devices/system/node && LC_ALL=C && export LC_ALL || exit
grep -asH '' node[0-9]*/cpulist node[0-9]*/distance node[0-9]*/meminfo node[0-9]*/numastat
[ $? -lt 126 ] || exit
"""
# A newline in a path is \012 in numa_maps, and one in a name is \n in status: a line is a line. stat may have two.
_PROCESSES = """
cd /proc && LC_ALL=C && export LC_ALL && echo "self:$$" || exit
[ $# -gt 0 ] || set -- [0-9]*
status= others=
for pid; do
  [ -d "$pid" ] || continue
  status="$status $pid/status" others="$others $pid/stat $pid/numa_maps"
done
[ "$status" ] || exit 0
grep -asHE '^(Name|[CM][a-z]*_allowed_list):' $status
grep -asH '' $others
[ $? -lt 126 ] || exit
"""
_NODE_LINE = re.compile(r"node(?P<node>\d+)/(?P<file>\w+):(?P<line>.*)")
_LINE = re.compile(r"(?P<pid>\d+)/(?P<file>\w+):(?P<line>.*)")
_AREA = re.compile(
    r"(?P<start>[0-9a-f]+) (?P<mode>weighted interleave|prefer \(many\)|[a-z]+)"
    r"(?:=(?P<flags>[a-z|]+))?(?::(?P<nodes>[\d,-]+))?(?P<words>(?: \S+)*) *"
)
_STARTTIME = 19
"""Where it stands behind the name: field 22 of proc_pid_stat(5)."""
_LIST = re.compile(r"(?:\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)?")
_CONSTRAINT = re.compile(
    r"oom-kill:constraint=(?P<constraint>CONSTRAINT_\w+),nodemask=(?P<nodemask>\(null\)|[\d,-]+),"
    r"cpuset=(?P<cpuset>[^\n]*?),mems_allowed=(?P<mems>[\d,-]*),(?:global_oom|oom_memcg=)"
)
_FREE = re.compile(r"(?:^|[^_\w])free:(?P<pages>\d+) free_pcp:")
_ZONE = re.compile(r"Node (?P<node>\d+) \w+ free:(?P<kb>\d+)kB boost:")


class Counters(Amounts):
    """A node's counters since boot, in pages, by the kernel's names: numa_hit, numa_miss, numa_foreign, ...

    They count where allocations went, from whichever CPU: numa_hit is no sign of nearness. local_node and other_node
    are. Source: the kernel's admin-guide/numastat.rst.
    """

    surface: ClassVar[str] = "numastat"


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node. A node may have no CPU, and then is memory only."""

    number: int
    cpus: frozenset[int]
    distances: Mapping[int, int]
    """To each node, as the firmware says it; 10 to itself."""
    total_kb: int
    """What the kernel manages of its memory."""
    free_kb: int
    counters: Counters

    def nearest(self) -> list[int]:
        """List the nodes as the kernel tries them for who runs here, itself first; equals by number.

        >>> numa.read(host)[1].nearest()
        [1, 3, 0, 2]
        """
        return sorted(self.distances, key=lambda node: (self.distances[node], node))


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What numa_maps says of a range of addresses: its own policy, else that of the process."""

    mode: str
    """`default`, `bind`, `prefer`, `prefer (many)`, `interleave`, `weighted interleave` or `local`."""
    nodes: frozenset[int] = frozenset()
    flags: frozenset[str] = frozenset()
    """`static`, `relative`, `balancing`."""


@dataclass(frozen=True, kw_only=True)
class Area:
    """One line of numa_maps: a mapping, and where its pages are."""

    start: int
    """Its first address."""
    policy: Policy
    path: str
    """The file, with `\\040` for a blank; empty for anonymous memory, but `/dev/zero` where that is shared."""
    kind: str
    """`heap`, `stack`, or nothing."""
    pages: Mapping[int, int]
    """By node, those that this process has mapped; of a size of `page_kb`."""
    page_kb: int
    """4, or that of hugetlb pages. A transparent huge page counts as 512 of 4."""

    @property
    def kb(self) -> Mapping[int, int]:
        """By node, kB."""
        return {node: pages * self.page_kb for node, pages in self.pages.items()}


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a process may run, where it may have memory, and where it has it."""

    pid: int
    name: str
    start_ticks: int
    """Since boot, 100 a second. (pid, start_ticks) is one process for ever."""
    cpus_allowed: frozenset[int]
    mems_allowed: frozenset[int]
    """By its cpuset; no policy gets beyond these."""
    areas: tuple[Area, ...]

    def private_kb(self) -> dict[int, int]:
        """Give the kB of memory without a file by node: heap, stack, anonymous mappings.

        >>> numa.placement(host, 171).private_kb()
        {0: 24580, 1: 92}
        """
        return _sum(area for area in self.areas if not area.path)

    def file_kb(self, path: str) -> dict[int, int]:
        """Give the kB by node of what it has mapped of a file, deleted or not.

        >>> numa.placement(host, 171).file_kb("/dev/shm/network")
        {0: 16384, 1: 16384}
        """
        return _sum(area for area in self.areas if area.path.removesuffix("\\040(deleted)") == path)


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """What an OOM report says of the nodes that ran out."""

    constraint: str
    """`CONSTRAINT_NONE`, `_CPUSET`, `_MEMORY_POLICY` or `_MEMCG`."""
    nodemask: frozenset[int] | None
    """The nodes of the policy; None where there was none."""
    cpuset: str
    """The cgroup whose cpuset it was, its last part only."""
    mems_allowed: frozenset[int]
    """What the cpuset allows."""
    free_kb: int
    """In the whole machine at that moment."""
    node_free_kb: Mapping[int, int]
    """By node, of those that the report tells of: only where memory might have been taken."""

    @property
    def nodes(self) -> frozenset[int]:
        """Where memory might have been taken, and there was none."""
        return self.mems_allowed if self.nodemask is None else self.nodemask & self.mems_allowed

    @property
    def free_elsewhere_kb(self) -> int:
        """What was free on all other nodes."""
        return self.free_kb - sum(kb for node, kb in self.node_free_kb.items() if node in self.nodes)


def read(host: "Host") -> dict[int, Node]:
    """The nodes by number.

    >>> {number: sorted(node.cpus) for number, node in numa.read(host).items()}
    {0: [0], 1: [1], 2: [], 3: []}

    A kernel without NUMA has one node as well. Raises ReadError.
    """
    return parse(run(host, _NODES, what="/sys/devices/system/node"))


def parse(text: str) -> dict[int, Node]:
    """Lines `nodeN/FILE:LINE`, as grep prints them. Raises ReadError naming the line that is none."""
    nodes: dict[int, dict[str, list[str]]] = {}
    for line in filter(None, text.split("\n")):
        match = _NODE_LINE.fullmatch(line)
        if not match:
            raise ReadError(f"nodes: expected 'nodeN/FILE:LINE', seen {shown(line)}")
        nodes.setdefault(int(match["node"]), {}).setdefault(match["file"], []).append(match["line"])
    if not nodes:
        raise ReadError("no node in /sys/devices/system/node", hint="is /sys mounted?")
    return {number: _node(number, files, sorted(nodes)) for number, files in sorted(nodes.items())}


def _node(number: int, files: dict[str, list[str]], every: list[int]) -> Node:
    distances = " ".join(files.get("distance", [])).split()
    if len(distances) != len(every) or not all(word.isdecimal() for word in distances):
        raise ReadError(f"node{number}/distance: expected a number for each of {every}, seen {distances}")
    lines = "\n".join(line.removeprefix(f"Node {number} ") for line in files.get("meminfo", []))
    memory = parse_lines(f"node{number}/meminfo", lines, separator=":")
    try:
        return Node(
            number=number,
            cpus=numbers("".join(files.get("cpulist", []))),
            distances=MappingProxyType(dict(zip(every, map(int, distances), strict=True))),
            total_kb=memory["MemTotal"],
            free_kb=memory["MemFree"],
            counters=Counters(parse_lines(f"node{number}/numastat", "\n".join(files.get("numastat", [])))),
        )
    except KeyError as missing:
        raise ReadError(f"node{number}/meminfo: no {missing}") from None


def placements(host: "Host", pids: Iterable[int] = ()) -> list[Placement]:
    """Where processes are, by pid, in one round trip; all processes where no pid is given.

    >>> [(one.name, one.private_kb()) for one in numa.placements(host, [171, 174])]
    [('signald', {1: 24860}), ('mapd', {0: 4892})]

    Who has ended is not in it, nor the reading itself. Takes root for other users' processes. Raises ReadError.
    """
    return parse_placements(run(host, _PROCESSES, *map(str, pids), what="/proc/PID/numa_maps"))


def placement(host: "Host", pid: int) -> Placement:
    """Where one process is. Raises NotThere (the learner's failure) when there is none, ReadError."""
    found = placements(host, [pid])
    if not found:
        raise NotThere(
            seen=f"no process {pid}",
            expected="that it lives",
            following="look with `ps -e`, and with `dmesg` for whether it was killed",
        )
    return found[0]


def parse_placements(text: str) -> list[Placement]:
    """Lines `PID/FILE:LINE`, after one `self:PID`. Raises ReadError naming the line that no kernel writes."""
    first, *lines = text.split("\n")
    if not first.removeprefix("self:").isdecimal():
        raise ReadError(f"/proc: expected 'self:PID', seen {shown(first)}")
    files: dict[int, dict[str, list[str]]] = {}
    for line in filter(None, lines):
        match = _LINE.fullmatch(line)
        if not match:
            raise ReadError(f"/proc: expected 'PID/FILE:LINE', seen {shown(line)}")
        files.setdefault(int(match["pid"]), {}).setdefault(match["file"], []).append(match["line"])
    own = int(first.removeprefix("self:"))
    return [
        _placement(pid, parts)
        for pid, parts in sorted(files.items())
        if {"status", "stat"} <= set(parts) and pid != own
    ]


def _placement(pid: int, parts: dict[str, list[str]]) -> Placement:
    status = dict(line.split(":", 1) for line in parts["status"])
    behind = "\n".join(parts["stat"]).rpartition(")")[2].split()
    try:
        return Placement(
            pid=pid,
            name=status["Name"].strip(),
            start_ticks=int(behind[_STARTTIME]),
            cpus_allowed=numbers(status["Cpus_allowed_list"].strip()),
            mems_allowed=numbers(status["Mems_allowed_list"].strip()),
            areas=tuple(parse_area(line) for line in parts.get("numa_maps", [])),
        )
    except (KeyError, IndexError, ValueError) as error:
        raise ReadError(f"/proc/{pid}: not as in proc_pid_status(5) and proc_pid_stat(5): {error!r}") from None


def parse_area(line: str) -> Area:
    """Parse one line of numa_maps. Raises ReadError."""
    match = _AREA.fullmatch(line)
    words = match["words"].split() if match else []
    pairs = dict(word.split("=", 1) for word in words if "=" in word)
    places = {name[1:]: value for name, value in pairs.items() if re.fullmatch(r"N\d+", name)}
    size = pairs.get("kernelpagesize_kB", str(PAGE_KB))
    if not match or not size.isdecimal() or not all(pages.isdecimal() for pages in places.values()):
        raise ReadError(f"numa_maps: expected 'ADDRESS POLICY ... N0=PAGES ...', seen {shown(line)}")
    return Area(
        start=int(match["start"], 16),
        policy=Policy(
            mode=match["mode"],
            nodes=numbers(match["nodes"] or ""),
            flags=frozenset((match["flags"] or "").split("|")) - {""},
        ),
        path=pairs.get("file", ""),
        kind=next((word for word in words if word in ("heap", "stack")), ""),
        pages=MappingProxyType({int(node): int(pages) for node, pages in places.items()}),
        page_kb=int(size),
    )


def parse_shortage(text: str) -> Shortage:
    """What the first OOM report in a printed log says of nodes. Raises ReadError where there is none."""
    match, free = _CONSTRAINT.search(text), _FREE.search(text)
    if not match or not free:
        raise ReadError("no OOM report with 'oom-kill:constraint=' and 'Mem-Info:' in this log")
    zones: dict[int, int] = {}
    for zone in _ZONE.finditer(text[: match.start()]):
        zones[int(zone["node"])] = zones.get(int(zone["node"]), 0) + int(zone["kb"])
    return Shortage(
        constraint=match["constraint"],
        nodemask=None if match["nodemask"] == "(null)" else numbers(match["nodemask"]),
        cpuset=match["cpuset"],
        mems_allowed=numbers(match["mems"]),
        free_kb=int(free["pages"]) * PAGE_KB,
        node_free_kb=MappingProxyType(zones),
    )


def numbers(text: str) -> frozenset[int]:
    """Parse a list as the kernel writes it: `0-1,3`; nothing is an empty set. Raises ReadError."""
    if not _LIST.fullmatch(text):
        raise ReadError(f"expected a list as in 0-1,3, seen {shown(text)}")
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return frozenset(found)


def _sum(areas: Iterable[Area]) -> dict[int, int]:
    total: dict[int, int] = {}
    for area in areas:
        for node, kb in area.kb.items():
            total[node] = total.get(node, 0) + kb
    return dict(sorted(total.items()))
