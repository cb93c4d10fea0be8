"""Records of the kernel log, parsed from /dev/kmsg or from what dmesg printed. Text in, records out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from checkers._reading import shown
from checkers.errors import ReadError

KERNEL = 0
"""The facility of the kernel itself (LOG_KERN). Nobody else can write it: what a process writes to /dev/kmsg
becomes LOG_USER, whatever it claims in a `<0>` of its own. So this, and not the wording, tells a kill from a
forged one."""

_HEADER = re.compile(r"(?P<prefix>\d+),(?P<sequence>\d+),(?P<microseconds>\d+),(?P<rest>[^;]*);(?P<message>.*)")
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")
_DMESG = re.compile(r"(?:<(?P<prefix>\d+)>)?\[\s*(?P<seconds>\d+)\.(?P<fraction>\d{6})\] ?(?P<message>.*)")
# journalctl -k and syslog files: date, host, "kernel:"; a time stamp of the kernel may follow.
_SYSLOG = re.compile(r".{0,80}? kernel: (?P<line>.*)")


@dataclass(frozen=True, kw_only=True)
class Record:
    """One message of the kernel log; what the kernel printed at once, newlines inside and all."""

    facility: int
    """0 (`KERNEL`) for the kernel's own messages; 1 and more for what processes wrote."""
    level: int
    """0 (emergency) to 7 (debug), as in syslog(3)."""
    sequence: int
    """Number since boot, without gaps; in text from dmesg the number of the line."""
    microseconds: int
    """Since boot, on the kernel's monotonic clock."""
    continued: bool = False
    """A piece that belongs to the record before it (LOG_CONT)."""
    message: str
    """Unescaped: a newline in it was in the kernel's message, and starts no new one."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """`SUBSYSTEM`, `DEVICE` of messages about a device."""

    @property
    def from_kernel(self) -> bool:
        """Whether the kernel itself said it."""
        return self.facility == KERNEL


def parse(text: str) -> list[Record]:
    r"""Records as /dev/kmsg gives them, `prefix,sequence,microseconds,flags;message`.

    >>> kmsg.parse("3,440,7699598,-;Out of memory: Killed process 183 (reportgen) ...\n")[0].sequence
    440

    Source: the kernel's ABI/testing/dev-kmsg. Raises ReadError naming the line that is no record.
    """
    records: list[Record] = []
    for line in text.split("\n"):
        if line.startswith(" "):
            # Properties of the record before: a message itself never has a line of its own that begins with a
            # space.
            name, separator, value = line[1:].partition("=")
            if records and separator:
                records[-1] = replace(
                    records[-1], properties={**records[-1].properties, _unescape(name): _unescape(value)}
                )
                continue
        elif not line:
            continue
        elif match := _HEADER.fullmatch(line):
            prefix, flags = int(match["prefix"]), match["rest"].split(",")
            records.append(
                Record(
                    facility=prefix >> 3,
                    level=prefix & 7,
                    sequence=int(match["sequence"]),
                    microseconds=int(match["microseconds"]),
                    continued="c" in flags[0],
                    message=_unescape(match["message"]),
                )
            )
            continue
        raise ReadError(f"/dev/kmsg: expected 'prefix,sequence,microseconds,flags;message', seen {shown(line)}")
    return records


def parse_dmesg(text: str) -> list[Record]:
    """Records of a printed log: dmesg, `dmesg --raw`, a serial console, `journalctl -k`, a syslog file.

    A line that has no time stamp belongs to the record before it. Where a line tells no facility the kernel's
    is assumed: a printed log can be forged, so take it for texts that you wrote or keep yourself, never as
    evidence. Raises ReadError when no line is of a kernel log.
    """
    records: list[Record] = []
    lines = text.split("\n")
    for number, raw in enumerate(lines):
        match, syslog = _DMESG.fullmatch(raw), _SYSLOG.fullmatch(raw)
        if not match and syslog:
            match = _DMESG.fullmatch(syslog["line"]) or _DMESG.fullmatch(f"[0.000000] {syslog['line']}")
        if match:
            prefix = int(match["prefix"] or 6)
            records.append(
                Record(
                    facility=prefix >> 3,
                    level=prefix & 7,
                    sequence=number,
                    microseconds=int(match["seconds"]) * 1_000_000 + int(match["fraction"]),
                    message=match["message"],
                )
            )
        elif records and raw.strip():
            records[-1] = replace(records[-1], message=f"{records[-1].message}\n{raw}")
    if not records:
        raise ReadError(
            f"no line of a kernel log among {len(lines)} lines; the first: {shown(lines[0])}",
            hint="expected lines as dmesg prints them: [   12.345678] message",
        )
    return records


def whole(records: Iterable[Record]) -> Iterator[Record]:
    """Give the kernel's own records alone, pieces joined to the record that they continue."""
    last: Record | None = None
    for record in records:
        if not record.from_kernel:
            continue
        if last and record.continued:
            last = replace(last, message=last.message + record.message)
            continue
        if last:
            yield last
        last = record
    if last:
        yield last


def _unescape(text: str) -> str:
    r"""Undo the kernel's escapes: bytes below 32, above 126 and the backslash stand as `\xNN`."""
    if "\\x" not in text:
        return text
    data = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), text.encode())
    return data.decode("utf-8", "backslashreplace")
