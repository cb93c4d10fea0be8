"""The kernel log and the OOM kills in it, read from /dev/kmsg.

/dev/kmsg and not dmesg: it numbers its records, so a cursor is exact; it tells the kernel's own records from
what a process wrote; and `dmesg --clear` and `dmesg --console-off` take nothing away from it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers import _oom_words, kmsg
from checkers._reading import run, shown
from checkers.errors import ReadError, RecordsLost
from checkers.kmsg import Record
from checkers.oom import OomKill, OomReport

if TYPE_CHECKING:
    from testinfra.host import Host

# One read() gives one record, or EAGAIN at the end, or EPIPE where the ring overtook the reader (the next
# read goes on with the oldest that is left). dd stops at both, so it is started again after EPIPE on the same
# open file.
_READ = """\
read -r boot_id </proc/sys/kernel/random/boot_id && echo "$boot_id" || exit
exec 3</dev/kmsg || exit
records() {
  while :; do
    said=$(LC_ALL=C dd bs=8192 iflag=nonblock <&3 2>&1 >&4)
    case $said in
    *'Broken pipe'*) ;;
    *'temporarily unavailable'*) return 0 ;;
    *) printf '%s\\n' "$said" >&2; return 1 ;;
    esac
  done 4>&1
}
"""


@dataclass(frozen=True)
class Cursor:
    """A place in the kernel log of one boot: after the record `sequence`."""

    boot_id: str
    sequence: int


@dataclass(frozen=True, kw_only=True)
class KernelLog:
    """What the kernel log held at one moment."""

    boot_id: str
    """Random, new with each boot; /proc/sys/kernel/random/boot_id."""
    records: tuple[Record, ...]
    """Oldest first; what processes wrote is among them (`Record.from_kernel`)."""
    lost: int
    """Records that the ring had overwritten: since the cursor, or since boot where none was given."""

    def oom_kills(self) -> list[OomKill]:
        """List the processes that the OOM killer ended, as far as the records reach."""
        return _oom_words.parse(self.records)[1]

    def oom_reports(self) -> list[OomReport]:
        """List the reports, those without a kill as well, as far as the records reach."""
        return _oom_words.parse(self.records)[0]

    def complete(self) -> "KernelLog":
        """Give this log; raise RecordsLost when it has lost records."""
        if not self.lost:
            return self
        last = shown(self.records[-1].message) if self.records else "nothing"
        raise RecordsLost(
            seen=f"a kernel log that wrapped: {self.lost} records are gone, {len(self.records)} are left,"
            f" the last says {last}",
            expected="every record since the cursor",
            following="look with `dmesg | tail` for what floods it; a cgroup whose tasks all have"
            ' oom_score_adj -1000 does, with "no killable processes"',
        )


def cursor(host: "Host") -> Cursor:
    """Take the present end of the log.

    >>> start = kernel_log.cursor(host)
    >>> ...
    >>> [kill.name for kill in kernel_log.oom_kills(host, since=start)]
    ['reportgen']

    Raises ReadError, as all here, when /dev/kmsg cannot be read: it takes root, CAP_SYSLOG or
    kernel.dmesg_restrict=0.
    """
    # A record has at most two lines of properties, so four lines hold a whole one.
    log = _parse(run(host, f"{_READ}records | tail -n 4", what="/dev/kmsg"))
    return Cursor(log.boot_id, log.records[-1].sequence)


def read(host: "Host", *, since: Cursor | None = None) -> KernelLog:
    """Read the log, or what came after a cursor.

    >>> log = kernel_log.read(host, since=start)
    >>> log.lost, log.records[0].message
    (0, 'reportgen invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0,
    oom_score_adj=0')

    Raises ReadError also when the machine has booted anew since the cursor.
    Source: the kernel's ABI/testing/dev-kmsg, dmesg(1).
    """
    log = _parse(run(host, f"{_READ}records", what="/dev/kmsg"))
    return after(log, since) if since else log


def oom_kills(host: "Host", *, since: Cursor | None = None) -> list[OomKill]:
    """List the processes that the OOM killer ended, oldest first; each of a group kill stands for itself.

    >>> [(kill.name, kill.anon_rss_kb, kill.scope) for kill in kernel_log.oom_kills(host)]
    [('reportgen', 132480, 'global')]

    Since a cursor the list is complete, or RecordsLost (the learner's failure) is raised: a kill that the log
    forgot must not count as one that did not happen. Without a cursor it is what the log still has. `vmstat`
    counts kills as well.
    """
    log = read(host, since=since)
    return (log.complete() if since else log).oom_kills()


def oom_reports(host: "Host", *, since: Cursor | None = None) -> list[OomReport]:
    """List the OOM reports, oldest first, those without a kill as well; complete as `oom_kills` is.

    >>> [task.name for task in kernel_log.oom_reports(host)[-1].candidates()]
    ['reportgen', 'ledgerd']
    """
    log = read(host, since=since)
    return (log.complete() if since else log).oom_reports()


def parse_reports(text: str) -> list[OomReport]:
    """List the OOM reports in a printed log: a dmesg, a serial console, a `journalctl -k`.

    >>> [report.victim for report in kernel_log.parse_reports(Path("report.txt").read_text())]
    [183]

    Raises ReadError when no line is of a kernel log. A text can be forged; see `kmsg.parse_dmesg`.
    """
    return _oom_words.parse(kmsg.parse_dmesg(text))[0]


def parse_kills(text: str) -> list[OomKill]:
    """List the OOM kills in a printed log, as `parse_reports` does the reports."""
    return _oom_words.parse(kmsg.parse_dmesg(text))[1]


def after(log: KernelLog, since: Cursor) -> KernelLog:
    """Give the part of a log that follows a cursor. Raises ReadError when the cursor is of another boot."""
    end = log.records[-1].sequence
    if log.boot_id != since.boot_id or end < since.sequence:
        raise ReadError(
            f"the cursor is of another boot: {since}; the log is of {log.boot_id} and ends with record {end}",
            hint="the machine was reset or has rebooted; take a new cursor",
        )
    records = tuple(record for record in log.records if record.sequence > since.sequence)
    return KernelLog(boot_id=log.boot_id, records=records, lost=end - since.sequence - len(records))


def _parse(text: str) -> KernelLog:
    boot_id, _, rest = text.partition("\n")
    lines = rest.split("\n")
    # `tail` may have cut into a record: its properties are not worth an error.
    while lines and lines[0].startswith(" "):
        del lines[0]
    records = tuple(kmsg.parse("\n".join(lines)))
    if not records:
        raise ReadError("/dev/kmsg gave no record, not even the kernel's first", hint="try `dmesg` as root there")
    lost = records[-1].sequence + 1 - len(records)
    return KernelLog(boot_id=boot_id.strip(), records=records, lost=lost)
