"""Control groups of version 1 and their memory: the hierarchy that has the controller `memory`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from checkers._amounts import Amounts
from checkers._reading import run, shown
from checkers.errors import NotThere, ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_BYTES = (
    "limit_in_bytes",
    "max_usage_in_bytes",
    "memsw.failcnt",
    "memsw.limit_in_bytes",
    "memsw.usage_in_bytes",
    "failcnt",
    "soft_limit_in_bytes",
    "swappiness",
    "usage_in_bytes",
    "use_hierarchy",
)
_FILES = ("cgroup.procs", "tasks", "memory.oom_control", "memory.stat", *(f"memory.{name}" for name in _BYTES))
_ONE = " ".join(f"./{name}" for name in _FILES)
_ANY = " -o ".join(f"-name {name}" for name in _FILES)
# $1: `one`, or `all` below it as well; $2: the cgroup. grep sets the file's name before each line, relative to the
# cgroup that was asked for.
_READ = rf"""
root=
while read -r _ place kind options _; do
  case $kind,$options, in cgroup,*,memory,*) root=$place; break ;; esac
done </proc/self/mounts
[ "$root" ] || {{ echo "no cgroup v1 hierarchy with the controller memory is mounted" >&2; exit 1; }}
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
"""
_PAGE = 4096
_UNLIMITED = (1 << 63) - _PAGE
"""What limits that are none read as: 2^63 bytes, less a page (PAGE_COUNTER_MAX in mm/memcontrol.c)."""


class Stat(Amounts):
    """memory.stat: bytes, or events where the name begins with pg; names with total_ count those below as well."""

    surface: ClassVar[str] = "memory.stat"


@dataclass(frozen=True, kw_only=True)
class Cgroup:
    """One cgroup of the memory hierarchy. Sizes are bytes; what is not limited is `math.inf`."""

    path: str
    """As in /proc/PID/cgroup after `memory:`: `/jobs/nightly`; the root is `/`."""
    procs: tuple[int, ...]
    """pids that live here and not below."""
    tasks: tuple[int, ...]
    """The same by threads: what is written to `tasks` moves one thread, what is written to cgroup.procs a process."""
    limit_bytes: float
    memsw_limit_bytes: float
    """Of memory and swap together; v2 limits swap alone. inf where the kernel does not count swap."""
    soft_limit_bytes: float
    usage_bytes: int
    max_usage_bytes: int
    failcnt: int
    """How often the limit was hit, whatever came of it."""
    memsw_failcnt: int
    swappiness: int
    """Of this cgroup alone; v2 has no such file."""
    hierarchical: bool
    """memory.use_hierarchy; always so on kernels since 5.11."""
    oom_kill_disable: bool
    """At the limit tasks wait, where they would be killed."""
    under_oom: bool
    """Tasks wait now."""
    oom_kill: int
    """How many kills, counted where the victim lived."""
    stat: Stat


def read(host: "Host", path: str) -> Cgroup:
    """Read one cgroup by its path, which begins with a slash, as in /proc/PID/cgroup.

    >>> group = cgroups_v1.read(host, "/mygroup")
    >>> group.limit_bytes, group.failcnt
    (209715200, 0)

    Raises NotThere (the learner's failure) naming the cgroups that are, ReadError without such a hierarchy.
    Source: the kernel's admin-guide/cgroup-v1/memory.rst, cgroups(7).
    """
    return tree(host, path, deep=False)[path.rstrip("/") or "/"]


def tree(host: "Host", path: str = "/", *, deep: bool = True) -> dict[str, Cgroup]:
    """Read a cgroup and all below it in one round trip, by path; raises as `read` does.

    >>> sorted(cgroups_v1.tree(host))
    ['/', '/mygroup']
    """
    path = path.rstrip("/")
    if path and not path.startswith("/"):
        raise ReadError(f"a cgroup's path begins with a slash, seen {path!r}", hint="as in /proc/PID/cgroup")
    text = run(host, _READ, "all" if deep else "one", path, what=f"cgroup v1 {path or '/'}")
    return parse(text, path)


def parse(text: str, path: str = "") -> dict[str, Cgroup]:
    """Parse what the script prints: `here` and lines `./BELOW/FILE:VALUE`, or `absent` and the cgroups that are there.

    Raises as `read` does, and ReadError naming the line that no kernel writes.
    """
    first, *lines = text.split("\n")
    if first == "absent":
        raise _absent(path, [line.removeprefix(".") or "/" for line in lines if line])
    files: dict[str, dict[str, list[str]]] = {}
    for line in filter(None, lines):
        # A cgroup's name may hold anything but a slash and a newline; what these files say holds no slash.
        place, slash, said = line.rpartition("/")
        file, colon, value = said.partition(":")
        if first != "here" or not (slash and colon and place.startswith(".")) or file not in _FILES:
            raise ReadError(f"cgroup v1 {path or '/'}: expected './FILE:VALUE', seen {shown(line)}")
        files.setdefault(f"{path}{place[1:]}" or "/", {}).setdefault(file, []).append(value)
    if (path or "/") not in files:
        raise _absent(path, list(files))
    # A cgroup that vanished meanwhile has some files only; memory.stat is in each, and never empty.
    return {name: _cgroup(name, parts) for name, parts in sorted(files.items()) if "memory.stat" in parts}


def _cgroup(path: str, parts: Mapping[str, list[str]]) -> Cgroup:
    def number(name: str, without: int = 0) -> int:
        return int(parts[f"memory.{name}"][0]) if f"memory.{name}" in parts else without

    def bound(name: str) -> float:
        found = number(name, _UNLIMITED)
        return math.inf if found >= _UNLIMITED else found

    def counts(name: str) -> dict[str, int]:
        return {key: int(value) for key, _, value in (line.partition(" ") for line in parts.get(name, []))}

    try:
        control = counts("memory.oom_control")
        return Cgroup(
            path=path,
            procs=tuple(int(pid) for pid in parts.get("cgroup.procs", [])),
            tasks=tuple(int(tid) for tid in parts.get("tasks", [])),
            limit_bytes=bound("limit_in_bytes"),
            memsw_limit_bytes=bound("memsw.limit_in_bytes"),
            soft_limit_bytes=bound("soft_limit_in_bytes"),
            usage_bytes=number("usage_in_bytes"),
            max_usage_bytes=number("max_usage_in_bytes"),
            failcnt=number("failcnt"),
            memsw_failcnt=number("memsw.failcnt"),
            swappiness=number("swappiness"),
            hierarchical=number("use_hierarchy") == 1,
            oom_kill_disable=control.get("oom_kill_disable") == 1,
            under_oom=control.get("under_oom") == 1,
            oom_kill=control.get("oom_kill", 0),
            stat=Stat(counts("memory.stat")),
        )
    except ValueError as error:
        raise ReadError(f"cgroup v1 {path}: not as in cgroup-v1/memory.rst: {error}") from None


def _absent(path: str, others: list[str]) -> NotThere:
    few = ", ".join(sorted(others)[:12]) + (" ..." if len(others) > 12 else "")  # noqa: PLR2004 - as a line bears
    return NotThere(
        seen=f"no cgroup {path} among: {few}",
        expected=f"a cgroup {path} in the memory hierarchy of cgroup v1",
        following=f"mkdir it below where the hierarchy is mounted (/sys/fs/cgroup/memory{path})",
    )
