"""The kernel's words about OOM kills, from records to the types of `oom`.

They stand in mm/oom_kill.c, mm/memcontrol.c, mm/show_mem.c and kernel/cgroup/cpuset.c; recorded: 6.1, 6.12.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from checkers import kmsg
from checkers._reading import shown
from checkers.errors import ReadError
from checkers.oom import PAGE_KB, OomKill, OomReport, TaskState

# A comm may hold anything, so every pattern is anchored at both ends of a record, where the kernel's own
# words stand; comm and path are greedy between them. DOTALL: a newline in a comm is a part of the record.
_INVOKED = re.compile(
    r"(?P<name>.*) invoked oom-killer: gfp_mask=\S*, order=(?P<order>-?\d+), oom_score_adj=(?P<adj>-?\d+)",
    re.DOTALL,
)
_KILL = re.compile(
    r"(?P<rule>(?:Out of memory|Memory cgroup out of memory)(?P<allocating> \(oom_kill_allocating_task\))?)"
    r": Killed process (?P<pid>\d+) \((?P<name>.*)\)"
    r" total-vm:(?P<total_vm>\d+)kB, anon-rss:(?P<anon_rss>\d+)kB, file-rss:(?P<file_rss>\d+)kB,"
    r" shmem-rss:(?P<shmem_rss>\d+)kB, UID:(?P<uid>\d+) pgtables:(?P<pgtables>\d+)kB"
    r" oom_score_adj:(?P<adj>-?\d+)",
    re.DOTALL,
)
_KILL_BEGINS = re.compile(r"(?:Out of memory|Memory cgroup out of memory)[^:]*: Kill")
_GROUP = re.compile(r"Tasks in (?P<path>/.*) are going to be killed due to memory\.oom\.group set", re.DOTALL)
_HEADER = re.compile(r"\[ *pid *\](?P<columns>(?: +\w+)+) name")
_CGROUP_AMOUNTS = re.compile(r"(?P<kind>memory|swap): usage (?P<usage>\d+)kB, limit (?P<limit>\d+)kB, failcnt \d+")
_RAM = re.compile(r"(?P<pages>\d+) pages RAM")
_RESERVED = re.compile(r"(?P<pages>\d+) pages reserved")
_SWAP = re.compile(r"Total swap = (?P<kb>\d+)kB")
_SUMMARY = re.compile(r"oom-kill:constraint=(?P<constraint>CONSTRAINT_\w+),nodemask=(?P<rest>.*)", re.DOTALL)
_TASK = re.compile(r"(?P<before>.*),task=(?P<name>.*),pid=(?P<pid>\d+),uid=\d+", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class _Summary:
    """The line that begins with oom-kill:constraint=."""

    constraint: str = ""
    oom_memcg: str | None = None
    task_memcg: str = ""
    victim: int | None = None


@dataclass
class _Draft:
    """A report while its records come in."""

    begins: kmsg.Record
    invoked: re.Match[str]
    columns: list[str] = field(default_factory=list)
    tasks: list[TaskState] = field(default_factory=list)
    summary: str = ""
    killable: bool = True
    amounts_kb: dict[str, int] = field(default_factory=dict)

    def take(self, message: str) -> None:
        """Note what one record says; most of a report (stacks, zones) says nothing to us."""
        if message.startswith("oom-kill:constraint="):
            self.summary, self.columns = message, []
        elif header := _HEADER.fullmatch(message):
            self.columns = header["columns"].split()
        elif self.columns and message.startswith("["):
            self.tasks.append(_task(self.columns, message))
        elif amounts := _CGROUP_AMOUNTS.fullmatch(message):
            kind = "swap " if amounts["kind"] == "swap" else ""
            self.amounts_kb[f"{kind}usage"] = int(amounts["usage"])
            self.amounts_kb[f"{kind}limit"] = int(amounts["limit"])
        elif ram := _RAM.fullmatch(message):
            self.amounts_kb["ram"] = int(ram["pages"]) * PAGE_KB
        elif reserved := _RESERVED.fullmatch(message):
            self.amounts_kb["ram"] = self.amounts_kb.get("ram", 0) - int(reserved["pages"]) * PAGE_KB
        elif swap := _SWAP.fullmatch(message):
            self.amounts_kb["swap"] = int(swap["kb"])
        elif message.startswith("Out of memory and no killable processes"):
            self.killable = False

    def close(self, victim_name: str = "") -> OomReport:
        """Make the report. The victim's name, where a kill follows, settles where a hostile comm ends."""
        summary = _summary(self.summary, victim_name)
        return OomReport(
            sequence=self.begins.sequence,
            microseconds=self.begins.microseconds,
            invoked_by=self.invoked["name"],
            order=int(self.invoked["order"]),
            oom_score_adj=int(self.invoked["adj"]),
            tasks=tuple(self.tasks),
            constraint=summary.constraint,
            oom_memcg=summary.oom_memcg,
            task_memcg=summary.task_memcg,
            victim=summary.victim,
            killable=self.killable,
            amounts_kb=self.amounts_kb,
        )


@dataclass
class _Reader:
    """What was found so far. The kernel holds one lock over all of an OOM, so no two of them interleave."""

    reports: list[OomReport] = field(default_factory=list)
    kills: list[OomKill] = field(default_factory=list)
    draft: _Draft | None = None
    report: OomReport | None = None
    """Of the OOM that the last kill belongs to."""
    group: str | None = None
    members: set[int] = field(default_factory=set)
    """pids that the last OOM has killed."""

    def end_report(self, victim_name: str = "") -> None:
        if self.draft:
            self.report = self.draft.close(victim_name)
            self.reports.append(self.report)
            self.draft = None

    def begin_oom(self) -> None:
        self.report, self.group = None, None
        self.members.clear()

    def take(self, record: kmsg.Record) -> None:
        message = record.message
        if invoked := _INVOKED.fullmatch(message):
            self.end_report()
            self.begin_oom()
            self.draft = _Draft(record, invoked)
        elif kill := _KILL.fullmatch(message):
            self.take_kill(record, kill)
        elif group := _GROUP.fullmatch(message):
            self.group = group["path"]
            if self.kills:
                self.kills[-1] = replace(self.kills[-1], group=self.group)
        elif _KILL_BEGINS.match(message):
            raise ReadError(
                f"an OOM kill in words that are not known: {shown(message)}",
                hint="add this kernel's words to checkers/_oom_words.py, with a recording in tests/data/kmsg",
            )
        elif self.draft:
            self.draft.take(message)

    def take_kill(self, record: kmsg.Record, kill: re.Match[str]) -> None:
        pid = int(kill["pid"])
        if self.draft:
            self.end_report(kill["name"])
        elif not (self.group and self.in_table(pid)):
            # No report of its own, and none of the group that is dying: the kernel suppressed the report.
            self.begin_oom()
        if pid in self.members:
            return  # The victim of a group kill is named twice: when chosen, and in its turn.
        self.members.add(pid)
        self.kills.append(_kill(record, kill, self.report, self.group))

    def in_table(self, pid: int) -> bool:
        return self.report is None or any(task.pid == pid for task in self.report.tasks)


def parse(records: Iterable[kmsg.Record]) -> tuple[list[OomReport], list[OomKill]]:
    """Find the reports and the kills among records of the kernel log, oldest first.

    Only what the kernel itself said counts (`kmsg.KERNEL`), and a process appears once in an OOM.
    Raises ReadError for a kill in unknown words: one that goes unseen would be worse.
    """
    reader = _Reader()
    for record in kmsg.whole(records):
        reader.take(record)
    reader.end_report()
    return reader.reports, reader.kills


def _kill(record: kmsg.Record, kill: re.Match[str], report: OomReport | None, group: str | None) -> OomKill:
    return OomKill(
        sequence=record.sequence,
        microseconds=record.microseconds,
        pid=int(kill["pid"]),
        name=kill["name"],
        uid=int(kill["uid"]),
        total_vm_kb=int(kill["total_vm"]),
        anon_rss_kb=int(kill["anon_rss"]),
        file_rss_kb=int(kill["file_rss"]),
        shmem_rss_kb=int(kill["shmem_rss"]),
        pgtables_kb=int(kill["pgtables"]),
        oom_score_adj=int(kill["adj"]),
        scope="cgroup" if kill["rule"].startswith("Memory cgroup") else "global",
        allocating_task=bool(kill["allocating"]),
        group=group,
        report=report,
    )


def _task(columns: list[str], message: str) -> TaskState:
    row = re.fullmatch(rf"\[ *(\d+)\]((?: +-?\d+){{{len(columns)}}}) (.*)", message, re.DOTALL)
    if not row:
        raise ReadError(f"table of an OOM report: expected [pid] and {len(columns)} numbers, seen {shown(message)}")
    numbers = dict(zip(columns, map(int, row[2].split()), strict=True))
    try:
        return TaskState(
            pid=int(row[1]),
            uid=numbers["uid"],
            tgid=numbers["tgid"],
            total_vm_pages=numbers["total_vm"],
            rss_pages=numbers["rss"],
            rss_anon_pages=numbers.get("rss_anon"),
            rss_file_pages=numbers.get("rss_file"),
            rss_shmem_pages=numbers.get("rss_shmem"),
            pgtables_bytes=numbers["pgtables_bytes"],
            swapents_pages=numbers["swapents"],
            oom_score_adj=numbers["oom_score_adj"],
            name=row[3],
        )
    except KeyError as missing:
        raise ReadError(f"table of an OOM report: no column {missing}, seen {' '.join(columns)}") from None


def _summary(message: str, victim_name: str) -> _Summary:
    """Take the summary apart; users chose its cgroups and its comm, which may hold all its separators."""
    match = _SUMMARY.fullmatch(message)
    task = _TASK.fullmatch(match["rest"]) if match else None
    if not match or not task:
        return _Summary()  # Cut off, as a record of more than 1 kB is.
    before, victim = task["before"], int(task["pid"])
    ends = f",task={victim_name},pid={victim},"
    if victim_name and ends in match["rest"]:
        before = match["rest"][: match["rest"].rindex(ends)]
    if match["constraint"] != "CONSTRAINT_MEMCG":
        path = before.partition(",global_oom,task_memcg=")[2]
        return _Summary(constraint=match["constraint"], task_memcg=path, victim=victim)
    for limit, path in _splits(before):
        # The chosen process lives in the cgroup that hit its limit, or below it: that decides between the
        # splits.
        if path == limit or path.startswith(limit.rstrip("/") + "/"):
            return _Summary(constraint=match["constraint"], oom_memcg=limit, task_memcg=path, victim=victim)
    return _Summary(constraint=match["constraint"], victim=victim)


def _splits(text: str) -> Iterator[tuple[str, str]]:
    for begin in re.finditer(r",oom_memcg=(?=/)", text):
        paths = text[begin.end() :]
        for middle in re.finditer(r",task_memcg=(?=/)", paths):
            yield paths[: middle.start()], paths[middle.end() :]
