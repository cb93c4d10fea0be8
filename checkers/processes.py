"""Processes and their memory: /proc/PID."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from checkers._amounts import Amounts, parse_lines
from checkers._reading import HOST_PROC, run, shown
from checkers.errors import NotThere, ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_STARTTIME = 18
"""Where it stands among the numbers after the state: field 22 of proc_pid_stat(5)."""
_KERNEL_THREAD = 0x00200000
"""PF_KTHREAD of include/linux/sched.h, in the flags of /proc/PID/stat."""
_FILES = ("stat", "status", "oom_score", "oom_score_adj", "cgroup", "cmdline")
_NEEDED = _FILES[:-2]
"""cmdline is empty in zombies and kernel threads, cgroup without a hierarchy: no line at all, as if there
were no file."""

_STATUS = "Uid|Threads|NSpid|VmSize|VmHWM|VmRSS|RssAnon|RssFile|RssShmem|VmLck|VmPTE|VmSwap"

# What the kernel log calls those that the reader sees, as `kernel:ITS OURS`: of all processes those that share a pid
# namespace with this container's first one.
_KERNEL_PIDS = rf"""
if [ "${{{HOST_PROC}:-}}" ]; then
  set -- $(find -L "${HOST_PROC}"/[0-9]*/ns/pid -maxdepth 0 -samefile /proc/1/ns/pid 2>/dev/null)
  for link in "$@"; do shift; set -- "$@" "${{link%/ns/pid}}/status"; done
  [ $# = 0 ] || grep -shE '^NSpid:' "$@" | sed 's/^NSpid:/kernel:/'
fi
"""

# grep sets the file's name before each line, so that a newline in a name or an argument starts no other file;
# -s passes over what vanishes meanwhile.
_ONE = rf"""
cd /proc && echo "self:$$" || exit
LC_ALL=C grep -asH '' "$1/stat" "$1/oom_score" "$1/oom_score_adj" "$1/cgroup" "$1/cmdline" "$1/status"
[ $? -lt 126 ] || exit # Below, it only means that a file had vanished or was empty.
{_KERNEL_PIDS}"""
# Of status only what is used: it is nine tenths of all the text, and its Name is escaped, so that no name
# looks like another line. A second grep is cheaper than to send it.
_ALL = rf"""
cd /proc && set -- [0-9]* && echo "self:$$" || exit
LC_ALL=C; export LC_ALL
if [ $# -gt 2000 ]; then # More files than a command line surely takes, but a process more to start.
  for file in stat oom_score oom_score_adj cgroup cmdline; do printf "%s/$file\0" "$@"; done |
  xargs -0 grep -asH ''
  printf '%s/status\0' "$@" | xargs -0 grep -asHE '^({_STATUS}):'
else
  status=; others=
  for pid in "$@"; do
    status="$status $pid/status"
    others="$others $pid/stat $pid/oom_score $pid/oom_score_adj $pid/cgroup $pid/cmdline"
  done
  grep -asH '' $others
  grep -asHE '^({_STATUS}):' $status
fi
[ $? -lt 126 ] || exit
{_KERNEL_PIDS}"""
_ROLLUP = """\
cat "/proc/$1/smaps_rollup" && exit
[ -d "/proc/$1" ] && exit 1
echo gone
"""
# Of those that are there, in one process: a sum of their own for each file.
_ROLLUPS = """\
cd /proc && LC_ALL=C && export LC_ALL || exit
set -- $(for pid; do [ ! -d "$pid" ] || echo "$pid/smaps_rollup"; done)
[ $# = 0 ] || grep -asH '' "$@"
[ $? -lt 126 ] || exit
"""
_LINE = re.compile(r"(?P<pid>\d+)/(?P<file>\w+):(?P<line>.*)", re.DOTALL)
_STAT = re.compile(r"(?P<pid>\d+) \((?P<name>.*)\) (?P<state>\S) (?P<numbers>[-\d ]+)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process. Sizes are kB (1024 bytes), and 0 for kernel threads and zombies, which hold none."""

    pid: int
    ppid: int
    name: str
    """comm: at most 15 bytes, chosen by the process itself."""
    cmdline: tuple[str, ...]
    """argv; empty for kernel threads and zombies."""
    state: str
    """One letter of proc_pid_stat(5): R, S, D, T, Z, I ..."""
    uid: int
    """Real user id."""
    threads: int
    start_ticks: int
    """Since boot, 100 a second. (pid, start_ticks) is one process for ever; a pid alone is given out
    again."""
    kernel_thread: bool
    ns_pids: tuple[int, ...]
    """The pid in each pid namespace, the reader's own first."""
    kernel_pid: int
    """In the initial pid namespace: what the kernel log calls it. Another one than `pid` in a container."""
    cgroup: str | None
    """Path in the cgroup v2 hierarchy, `/jobs/nightly`; None where there is no such hierarchy. A zombie may
    outlive its cgroup: then ` (deleted)` follows."""
    cgroups_v1: Mapping[str, str]
    """Paths in cgroup v1 hierarchies, by their controllers: {'memory': '/jobs'}."""
    oom_score: int
    """What a global OOM would weigh now: 2/3 of (1000 + thousandths of all memory + oom_score_adj).
    0 is never chosen; a tiny process has 667."""
    oom_score_adj: int
    """-1000 (never) to 1000."""
    vm_size_kb: int
    """Mapped, touched or not."""
    rss_kb: int
    """Resident: anon + file + shmem."""
    rss_anon_kb: int
    rss_file_kb: int
    rss_shmem_kb: int
    peak_rss_kb: int
    swap_kb: int
    """Anonymous memory in swap; shmem that was swapped is not in it."""
    locked_kb: int
    """Locked by mlock(2)."""
    pgtables_kb: int


class SmapsRollup(Amounts):
    """The sums of a process's mappings, kB, by their names: Rss, Pss, Private_Dirty, Anonymous, Swap ..."""

    surface: ClassVar[str] = "smaps_rollup"

    @property
    def pss_kb(self) -> int:
        """`Pss`, kB: private pages and the process's share of the shared ones; sums up over processes."""
        return self["Pss"]

    @property
    def uss_kb(self) -> int:
        """`Private_Clean + Private_Dirty`, kB: what would be free if it ended."""
        return self["Private_Clean"] + self["Private_Dirty"]


def table(host: "Host") -> list[Process]:
    """Read all processes in one round trip, by pid, without the shell that reads and what it started.

    >>> max(processes.table(host), key=lambda p: p.oom_score).name
    'reportgen'

    A process that ends meanwhile is not in it. Raises ReadError.
    Source: proc_pid_stat(5), proc_pid_status(5), proc_pid_oom_score(5), cgroups(7).
    """
    found = parse(run(host, _ALL, what="/proc/PID"))
    if not found:
        raise ReadError("no process under /proc", hint="is /proc mounted, and without hidepid, for this user?")
    return found


def read(host: "Host", pid: int) -> Process:
    """Read one process, by the pid that the host's own namespace gives it.

    >>> processes.read(host, 1).oom_score_adj
    0

    Raises NotThere (the learner's failure) when there is no such process, ReadError when it cannot be read.
    """
    found = parse(run(host, _ONE, str(pid), what=f"/proc/{pid}"))
    if not found:
        raise _gone(pid)
    return found[0]


def named(host: "Host", name: str) -> list[Process]:
    """Read the processes with this comm, by pid; none is an empty list. Zombies are left out.

    >>> [p.oom_score_adj for p in processes.named(host, "ledgerd")]
    [-1000]
    """
    return [process for process in table(host) if process.name in (name, name[:15]) and process.state != "Z"]


def ancestors(found: Iterable[Process], process: Process) -> list[Process]:
    """List what a process was started by: its parent, that one's parent, and so on.

    >>> [p.name for p in processes.ancestors(processes.table(host), ledgerd)]
    ['runsv', 'runsvdir', 'busybox']
    """
    by_pid = {one.pid: one for one in found}
    line = [process]
    while line[-1].ppid in by_pid:
        line.append(by_pid[line[-1].ppid])
    return line[1:]


def by_oom_score(found: Iterable[Process]) -> list[Process]:
    """Order processes as a global OOM would choose them, the next victim first, without those never chosen.

    >>> [p.name for p in processes.by_oom_score(processes.table(host))][:2]
    ['reportgen', 'ledgerd']

    oom_score is coarse (a step is 1/1500 of all memory); equals are ordered by rss + swap + page tables, as
    the kernel does.
    """
    killable = [process for process in found if process.oom_score > 0]
    return sorted(killable, key=lambda p: (-p.oom_score, -(p.rss_kb + p.swap_kb + p.pgtables_kb), -p.pid))


def smaps_rollup(host: "Host", pid: int) -> SmapsRollup:
    """Read the sums of a process's mappings. Slow for the machine where the process is large.

    >>> processes.smaps_rollup(host, 171).pss_kb
    40998

    Raises NotThere for no such process, ReadError for another user's (it takes root) and for kernel threads.
    Source: proc_pid_smaps(5); the kernel's ABI/testing/procfs-smaps_rollup.
    """
    text = run(host, _ROLLUP, str(pid), what=f"/proc/{pid}/smaps_rollup")
    if text.strip() == "gone":
        raise _gone(pid)
    return parse_smaps_rollup(text)


def parse_smaps_rollup(text: str) -> SmapsRollup:
    """Parse the text of /proc/PID/smaps_rollup. Raises ReadError naming the line that is none."""
    header, _, rest = text.partition("\n")
    if "[rollup]" not in header:
        raise ReadError(f"smaps_rollup: expected a line that ends in [rollup], seen {shown(header)}")
    return SmapsRollup(parse_lines("smaps_rollup", rest, separator=":"))


def smaps_rollups(host: "Host", pids: Iterable[int]) -> dict[int, SmapsRollup]:
    """Read the sums of several processes in one round trip, by pid: what a group of them costs.

    >>> sums = processes.smaps_rollups(host, [302, 303, 304])
    >>> sum(one.pss_kb for one in sums.values())
    61740

    Who has ended is not in it, nor who has no memory of its own (kernel threads, zombies). Raises ReadError.
    """
    wanted = [str(pid) for pid in pids]
    return parse_smaps_rollups(run(host, _ROLLUPS, *wanted, what="/proc/PID/smaps_rollup"))


def parse_smaps_rollups(text: str) -> dict[int, SmapsRollup]:
    """Parse lines `PID/smaps_rollup:LINE`. Raises ReadError naming the line that is none."""
    files: dict[int, list[str]] = {}
    for line in filter(None, text.split("\n")):
        match = _LINE.fullmatch(line)
        if not match or match["file"] != "smaps_rollup":
            raise ReadError(f"/proc: expected 'PID/smaps_rollup:LINE', seen {shown(line)}")
        files.setdefault(int(match["pid"]), []).append(match["line"])
    return {pid: parse_smaps_rollup("\n".join(lines)) for pid, lines in files.items()}


def parse(text: str) -> list[Process]:
    """Parse lines `PID/FILE:LINE`, after one `self:PID`; a process with a file missing had vanished.

    Raises ReadError naming the line that no kernel writes.
    """
    first, *lines = text.split("\n")
    if not first.removeprefix("self:").isdecimal():
        raise ReadError(f"/proc: expected 'self:PID', seen {shown(first)}")
    files: dict[int, dict[str, list[str]]] = {}
    kernels: dict[int, int] = {}
    for line in filter(None, lines):
        if line.startswith("kernel:"):
            its, *_, own = line.removeprefix("kernel:").split()
            kernels[int(own)] = int(its)
            continue
        match = _LINE.fullmatch(line)
        if not match:
            raise ReadError(f"/proc: expected 'PID/FILE:LINE', seen {shown(line)}")
        files.setdefault(int(match["pid"]), {}).setdefault(match["file"], []).append(match["line"])
    whole = [(pid, parts) for pid, parts in sorted(files.items()) if all(name in parts for name in _NEEDED)]
    found = [_process(pid, parts, kernels.get(pid, pid)) for pid, parts in whole]
    ours = {int(first.removeprefix("self:"))}
    # Children of children, however deep; pids may have wrapped, so their order says nothing.
    while more := {process.pid for process in found if process.ppid in ours} - ours:
        ours |= more
    return [process for process in found if process.pid not in ours]


def _process(pid: int, parts: dict[str, list[str]], kernel_pid: int) -> Process:
    """Put one process together from its files' lines; a newline in its name gives `stat` several."""
    stat = _STAT.fullmatch("\n".join(parts["stat"]))
    numbers = stat["numbers"].split() if stat else []
    if not stat or len(numbers) <= _STARTTIME or int(stat["pid"]) != pid:
        raise ReadError(f"/proc/{pid}/stat: not as in proc_pid_stat(5), seen {shown(str(parts['stat']))}")
    status = dict(line.split(":", 1) for line in parts["status"] if ":" in line)

    def kb(name: str) -> int:
        return int(status.get(name, "0").split()[0])

    try:
        paths = [tuple(line.split(":", 2)) for line in parts.get("cgroup", [])]
        v1 = {controllers: path for number, controllers, path in paths if controllers}
        return Process(
            pid=pid,
            ppid=int(numbers[0]),
            name=stat["name"],
            cmdline=_arguments(parts.get("cmdline", [])),
            state=stat["state"],
            uid=kb("Uid"),
            threads=kb("Threads"),
            start_ticks=int(numbers[_STARTTIME]),
            kernel_thread=bool(int(numbers[5]) & _KERNEL_THREAD),
            ns_pids=tuple(int(number) for number in status.get("NSpid", str(pid)).split()),
            kernel_pid=kernel_pid,
            cgroup=next((path for number, controllers, path in paths if not controllers), None),
            cgroups_v1=MappingProxyType(v1),
            oom_score=int(parts["oom_score"][0]),
            oom_score_adj=int(parts["oom_score_adj"][0]),
            vm_size_kb=kb("VmSize"),
            rss_kb=kb("VmRSS"),
            rss_anon_kb=kb("RssAnon"),
            rss_file_kb=kb("RssFile"),
            rss_shmem_kb=kb("RssShmem"),
            peak_rss_kb=kb("VmHWM"),
            swap_kb=kb("VmSwap"),
            locked_kb=kb("VmLck"),
            pgtables_kb=kb("VmPTE"),
        )
    except ValueError as error:
        raise ReadError(f"/proc/{pid}: not as in proc_pid_status(5): {error}") from None


def _arguments(lines: list[str]) -> tuple[str, ...]:
    """Split argv, which ends in a NUL; a process may have written anything over it."""
    text = "\n".join(lines)
    return tuple(text.removesuffix("\0").split("\0")) if text else ()


def _gone(pid: int) -> NotThere:
    return NotThere(
        seen=f"no process {pid}",
        expected="that it lives",
        following="look with `ps -e`, and with `dmesg` for whether it was killed",
    )
