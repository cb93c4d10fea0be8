"""Control groups and their memory: cgroup v2, memory.*."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from checkers._amounts import Amounts
from checkers._reading import HOST_PROC, run, shown
from checkers.errors import NotThere, ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_BASE = ("controllers", "events", "procs", "stat", "subtree_control")
_MEMORY = (
    *(
        "current",
        "events",
        "events.local",
        "high",
        "low",
        "max",
        "min",
        "oom.group",
        "peak",
        "pressure",
        "stat",
    ),
    *("swap.current", "swap.events", "swap.high", "swap.max", "swap.peak"),
)
_FILES = (*(f"cgroup.{name}" for name in _BASE), *(f"memory.{name}" for name in _MEMORY))
_ONE = " ".join(f"./{name}" for name in _FILES)
_ANY = " -o ".join(f"-name {name}" for name in _FILES)
# $1: `one`, or `all` below it as well; $2: the cgroup. grep sets the file's name before each line, relative
# to the cgroup that was asked for.
_READ = rf"""
root=
while read -r _ place kind _; do
  if [ "$kind" = cgroup2 ]; then root=$place; break; fi
done </proc/self/mounts
[ "$root" ] || {{ echo "no cgroup2 file system is mounted" >&2; exit 1; }}
if ! cd "$root$2" 2>/dev/null; then
  echo absent
  cd "$root" && find . -type d
  exit
fi
echo here
LC_ALL=C; export LC_ALL
if [ "$1" = one ]; then
  grep -asH '' {_ONE}
else
  find . -type f \( {_ANY} \) -exec grep -asH '' {{}} +
fi
[ $? -lt 126 ] || exit # Below, it only means that a file was empty, or that a cgroup had vanished.
if [ "${{{HOST_PROC}:-}}" ]; then # In a container: what the kernel calls PID 1's cgroup, and what it is called here.
  nsenter --cgroup="${HOST_PROC}/1/ns/cgroup" -- sed -n 's/^0::/kernel:/p' /proc/1/cgroup &&
  sed -n 's/^0::/here:/p' /proc/1/cgroup
fi
"""
# A cgroup's name may hold anything but a slash and a newline; what these files say holds no slash.
_LINE = re.compile(r"\./(?:(?P<below>.*)/)?(?P<file>[a-z._]+):(?P<value>[^/]*)")
_NO_EVENTS = {"low": 0, "high": 0, "max": 0, "oom": 0, "oom_kill": 0}


class Events(Amounts):
    """Counters of memory.events, memory.events.local or memory.swap.events; since the cgroup was made.

    memory.events counts the cgroup and everything below it, the .local one only the cgroup itself.
    """

    surface: ClassVar[str] = "memory.events"

    @property
    def max(self) -> int:
        """How often the limit was about to be passed (and memory was reclaimed for it)."""
        return self["max"]

    @property
    def high(self) -> int:
        """How often a process was throttled because of memory.high."""
        return self["high"]

    @property
    def oom(self) -> int:
        """How often nothing could be reclaimed, counted where the limit is; no kill need follow."""
        return self["oom"]

    @property
    def oom_kill(self) -> int:
        """How many kills, counted where the victim lived, whoever ran out.

        A group kill counts its chosen victim twice: 4 processes give 5.
        """
        return self["oom_kill"]

    @property
    def oom_group_kill(self) -> int:
        """How often the group died as a whole; 0 on kernels before 5.17."""
        return self.values.get("oom_group_kill", 0)


class Stat(Amounts):
    """memory.stat: bytes, or events where the name begins with pg, workingset, thp, zsw or numa."""

    surface: ClassVar[str] = "memory.stat"


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """A line of memory.pressure: time that tasks were stalled for memory."""

    avg10: float = 0.0
    """Per cent of the last 10 seconds; the others of 60 and 300."""
    avg60: float = 0.0
    avg300: float = 0.0
    total_us: int = 0
    """Microseconds since the cgroup was made: the one for differences."""


@dataclass(frozen=True, kw_only=True)
class Cgroup:
    """One cgroup, and its memory controller where it has one.

    Sizes are bytes. What is not limited is `math.inf` (the file says `max`, or there is no such file); what
    does not protect is 0; so that a check may compare without asking first. `has_memory` tells whether the
    controller is there at all.
    """

    path: str
    """As in /proc/PID/cgroup: `/jobs/nightly`; the root is `/`."""
    kernel_path: str
    """What the kernel log calls it. Another one than `path` in a container: `/docker/4f…/jobs/nightly`."""
    has_memory: bool
    """The parent's cgroup.subtree_control names memory. The root has no limits in any case."""
    populated: bool
    """Whether a process lives here or below."""
    procs: tuple[int, ...]
    """pids that live here and not below; 0 for processes outside of the reader's pid namespace."""
    controllers: frozenset[str]
    subtree_control: frozenset[str]
    """Controllers that the children get."""
    max_bytes: float
    high_bytes: float
    low_bytes: float
    min_bytes: float
    swap_max_bytes: float
    swap_high_bytes: float
    current_bytes: int | None
    """None without the controller, and in the root."""
    peak_bytes: int | None
    """None also on kernels before 5.19."""
    swap_current_bytes: int | None
    swap_peak_bytes: int | None
    """None also on kernels before 6.5."""
    oom_group: bool
    """memory.oom.group: an OOM in here kills all of it, but for tasks with oom_score_adj -1000."""
    events: Events
    events_local: Events
    swap_events: Events
    stat: Stat
    some: Pressure
    """At least one task was stalled."""
    full: Pressure
    """All of them were."""


def read(host: "Host", path: str) -> Cgroup:
    """Read one cgroup by its path, which begins with a slash, as in /proc/PID/cgroup.

    >>> group = cgroups.read(host, "/jobs")
    >>> group.max_bytes, group.oom_group, group.events.oom_kill
    (67108864, True, 3)

    Raises NotThere (the learner's failure) naming the cgroups that are, ReadError without a cgroup v2
    hierarchy. Source: the kernel's admin-guide/cgroup-v2.rst, cgroups(7).
    """
    return tree(host, path, deep=False)[path.rstrip("/") or "/"]


def tree(host: "Host", path: str = "/", *, deep: bool = True) -> dict[str, Cgroup]:
    """Read a cgroup and all below it in one round trip, by path; raises as `read` does.

    >>> sorted(cgroups.tree(host))
    ['/', '/jobs', '/jobs/nightly']
    """
    path = path.rstrip("/")
    if path and not path.startswith("/"):
        raise ReadError(f"a cgroup's path begins with a slash, seen {path!r}", hint="as in /proc/PID/cgroup, after 0::")
    text = run(host, _READ, "all" if deep else "one", path, what=f"cgroup {path or '/'}")
    return parse(text, path)


def within(path: str, above: str) -> bool:
    """Tell whether one cgroup is another one, or below it.

    >>> cgroups.within("/jobs/nightly", "/jobs"), cgroups.within("/jobs2", "/jobs")
    (True, False)
    """
    return f"{path}/".startswith(f"{above.rstrip('/')}/")


def limit_bytes(found: Mapping[str, Cgroup], path: str, kind: str = "max") -> float:
    """Give the limit that holds for a cgroup: the smallest memory.max of it and of all above.

    >>> cgroups.limit_bytes(cgroups.tree(host), "/jobs/nightly")
    20971520

    `kind`: max, high, swap.max or swap.high.
    """
    return min(_amounts_above(found, path, kind))


def protected_bytes(found: Mapping[str, Cgroup], path: str, kind: str = "min") -> float:
    """Give what memory.min, or with `kind` memory.low, can protect of a cgroup: the smallest of it and of all above.

    >>> cgroups.protected_bytes(cgroups.tree(host), "/jobs/nightly", "low")
    0

    It may be less where those beside it claim as well: children share what their parent has. The root has none to
    give, and takes none away. Source: mm/page_counter.c (memcontrol.c before 6.12), effective_protection().
    """
    return min(_amounts_above(found, path, kind), default=0)


def _amounts_above(found: Mapping[str, Cgroup], path: str, kind: str) -> list[float]:
    """List one of the amounts of a cgroup and of all above it; of the root only where that is a limit."""
    if path not in found:
        raise _absent(path, list(found))
    name = f"{kind.replace('.', '_')}_bytes"
    line = [group for above, group in found.items() if within(path, above)]
    return [getattr(group, name) for group in line if group.path != "/" or kind not in ("min", "low")]


def oom_group(found: Mapping[str, Cgroup], path: str) -> str | None:
    """Give the cgroup that dies as a whole when a process in `path` is chosen; None where it dies alone.

    >>> cgroups.oom_group(cgroups.tree(host), "/jobs/nightly")
    '/jobs'

    It is the highest with memory.oom.group set, of the cgroup and all above. When the limit that was hit is
    further down, those above that limit do not count. Source: mm/memcontrol.c, mem_cgroup_get_oom_group().
    """
    if path not in found:
        raise _absent(path, list(found))
    marked = (above for above, group in found.items() if group.oom_group and within(path, above))
    return min(marked, key=len, default=None)


def parse(text: str, path: str = "") -> dict[str, Cgroup]:
    """Parse what the script prints.

    That is `here` and lines `./BELOW/FILE:VALUE`, or `absent` and the cgroups that are there.

    Raises as `read` does, and ReadError naming the line that no kernel writes.
    """
    first, *lines = text.split("\n")
    if first == "absent":
        raise _absent(path, [line.removeprefix(".") or "/" for line in lines if line])
    files: dict[str, dict[str, list[str]]] = {}
    of_pid_1 = {"kernel": "", "here": ""}
    for line in filter(None, lines):
        key, _, value = line.partition(":")
        if key in of_pid_1:
            of_pid_1[key] = value
            continue
        match = _LINE.fullmatch(line)
        if first != "here" or not match:
            raise ReadError(f"cgroup {path or '/'}: expected './FILE:VALUE', seen {shown(line)}")
        name = f"{path}/{match['below']}" if match["below"] else path or "/"
        files.setdefault(name, {}).setdefault(match["file"], []).append(match["value"])
    if (path or "/") not in files:
        # It was removed between the shell's cd and the reading, or this is no cgroup.
        raise _absent(path, list(files))
    # A cgroup that vanished meanwhile has some files only; cgroup.stat is in each, and never empty.
    above = of_pid_1["kernel"].removesuffix(of_pid_1["here"].rstrip("/")).rstrip("/")
    return {name: _cgroup(name, above, parts) for name, parts in sorted(files.items()) if "cgroup.stat" in parts}


def _cgroup(path: str, above: str, parts: Mapping[str, list[str]]) -> Cgroup:
    def words(name: str) -> frozenset[str]:
        return frozenset(" ".join(parts.get(name, [])).split())

    def size(name: str) -> int | None:
        return int(parts[name][0]) if name in parts else None

    def bound(name: str, without: float) -> float:
        value = parts.get(name, [""])[0]
        return math.inf if value == "max" else int(value) if value else without

    def counts(name: str) -> dict[str, int]:
        return {key: int(number) for key, _, number in (line.partition(" ") for line in parts.get(name, []))}

    try:
        return Cgroup(
            path=path,
            kernel_path=f"{above}{path}".rstrip("/") or "/",
            has_memory="memory" in words("cgroup.controllers"),
            populated=counts("cgroup.events").get("populated", 1) == 1,
            procs=tuple(int(pid) for pid in parts.get("cgroup.procs", [])),
            controllers=words("cgroup.controllers"),
            subtree_control=words("cgroup.subtree_control"),
            max_bytes=bound("memory.max", math.inf),
            high_bytes=bound("memory.high", math.inf),
            low_bytes=bound("memory.low", 0),
            min_bytes=bound("memory.min", 0),
            swap_max_bytes=bound("memory.swap.max", math.inf),
            swap_high_bytes=bound("memory.swap.high", math.inf),
            current_bytes=size("memory.current"),
            peak_bytes=size("memory.peak"),
            swap_current_bytes=size("memory.swap.current"),
            swap_peak_bytes=size("memory.swap.peak"),
            oom_group=size("memory.oom.group") == 1,
            events=Events(_NO_EVENTS | counts("memory.events")),
            events_local=Events(_NO_EVENTS | counts("memory.events.local")),
            swap_events=Events({"high": 0, "max": 0, "fail": 0} | counts("memory.swap.events")),
            stat=Stat(counts("memory.stat")),
            some=_pressure("some", parts.get("memory.pressure", [])),
            full=_pressure("full", parts.get("memory.pressure", [])),
        )
    except ValueError as error:
        raise ReadError(f"cgroup {path}: not as in admin-guide/cgroup-v2.rst: {error}") from None


def _pressure(kind: str, lines: list[str]) -> Pressure:
    for line in lines:
        if line.startswith(f"{kind} "):
            values = dict(word.split("=", 1) for word in line.split()[1:])
            return Pressure(
                avg10=float(values["avg10"]),
                avg60=float(values["avg60"]),
                avg300=float(values["avg300"]),
                total_us=int(values["total"]),
            )
    return Pressure()


def _absent(path: str, others: list[str]) -> NotThere:
    few = ", ".join(sorted(others)[:12]) + (" ..." if len(others) > 12 else "")  # noqa: PLR2004 - as a line bears
    return NotThere(
        seen=f"no cgroup {path} among: {few}",
        expected=f"a cgroup {path}",
        following=f"mkdir it below the cgroup2 mount (/sys/fs/cgroup{path}), with +memory in the parent's"
        " cgroup.subtree_control",
    )
