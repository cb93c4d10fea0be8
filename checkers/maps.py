"""What a process's addresses stand for: /proc/PID/maps, smaps, personality."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from checkers._amounts import Amounts, parse_lines
from checkers._reading import run, shown
from checkers.errors import NotThere, ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

Found = TypeVar("Found")

ADDR_NO_RANDOMIZE = 0x0040000
"""Of include/uapi/linux/personality.h: this process and what it starts are laid out without chance."""

# grep sets the file's name before each line; -s passes over what vanishes meanwhile. A newline in a path is \012
# there. $1 is what to read of the processes that follow, or of all.
_READ = """
cd /proc && what=$1 && shift && echo "self:$$" || exit
[ $# -gt 0 ] || set -- [0-9]*
files=
for pid in "$@"; do
  [ -d "$pid" ] || continue
  echo "$pid/:"
  for file in $what; do files="$files $pid/$file"; done
done
[ "$files" ] || exit 0
LC_ALL=C grep -asH '' $files
[ $? -lt 126 ] || exit # Below, it only means that a file had vanished or was empty.
"""
_LINE = re.compile(r"(?P<pid>\d+)/(?P<file>\w*):(?P<line>.*)")
_MAPPING = re.compile(
    r"(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) (?P<permissions>[-r][-w][-x][ps]) (?P<offset>[0-9a-f]+)"
    r" (?P<device>[0-9a-f]+:[0-9a-f]+) (?P<inode>\d+) *(?P<path>.*)"
)
_DELETED = " (deleted)"


class Smaps(Amounts):
    """What one mapping holds, kB, by the kernel's names: Size, Rss, Pss, Private_Dirty, Anonymous, Swap ..."""

    surface: ClassVar[str] = "smaps"


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """One line of maps: a range of addresses that are alike."""

    start: int
    """Its first address."""
    end: int
    """The first address behind it."""
    permissions: str
    """As maps has it: `rw-p`."""
    offset: int
    """Bytes into the file at which it begins; 0 without a file."""
    device: str
    """Major and minor number in hexadecimal: `fe:00`."""
    inode: int
    """0 without a file."""
    path: str
    """The file, seen from the reader; `[heap]`, `[stack]`, `[vdso]` ...; empty for anonymous memory. Without
    ` (deleted)`; a newline in it is `\\012`."""
    deleted: bool
    """The file is no longer in its folder. So is what never was in one: shared anonymous memory (`/dev/zero`),
    memfd, System V segments."""
    amounts: Smaps | None = None
    """What it holds; None where only maps was read."""

    @property
    def size_kb(self) -> int:
        """Addresses, touched or not."""
        return (self.end - self.start) // 1024

    @property
    def executable(self) -> bool:
        """Whether code may run in it."""
        return "x" in self.permissions

    @property
    def writable(self) -> bool:
        """Whether the process may write to it."""
        return "w" in self.permissions

    @property
    def shared(self) -> bool:
        """MAP_SHARED: what is written is seen by all who map the file, and gets into it."""
        return self.permissions.endswith("s")

    @property
    def anonymous(self) -> bool:
        """Private memory with neither a file nor a name."""
        return not self.path


@dataclass(frozen=True, kw_only=True)
class AddressSpace:
    """One process's mappings, by address; none for kernel threads and zombies."""

    pid: int
    name: str
    """comm: at most 15 bytes, chosen by the process itself."""
    personality: int
    """Flags of personality(2), and what it inherits to those that it starts."""
    mappings: tuple[Mapping, ...]

    @property
    def randomized(self) -> bool:
        """Whether its layout may be left to chance; kernel.randomize_va_space has the first say."""
        return not self.personality & ADDR_NO_RANDOMIZE

    def at(self, address: int) -> Mapping | None:
        """Give the mapping that holds an address.

        >>> maps.read(host, 171).at(0x55d1f0).path
        '[heap]'
        """
        return next((one for one in self.mappings if one.start <= address < one.end), None)

    def named(self, path: str) -> list[Mapping]:
        """Give the mappings of a file, or those called `[heap]`, `[stack]` ..., by address."""
        return [one for one in self.mappings if one.path == path]

    def below(self, folder: str) -> list[Mapping]:
        """Give the mappings of all files in a folder or deeper, by address."""
        return [one for one in self.mappings if one.path.startswith(f"{folder.rstrip('/')}/")]


def table(host: "Host") -> dict[int, AddressSpace]:
    """Read the mappings of all processes in one round trip, by pid.

    >>> [space.name for space in maps.table(host).values() if any(m.executable and m.deleted for m in space.mappings)]
    ['atlasd', 'legendd']

    A process that ends meanwhile is not in it, nor is the reading itself. Raises ReadError.
    Source: proc_pid_maps(5), proc_pid_personality(5).
    """
    return parse(run(host, _READ, "comm personality maps", what="/proc/PID/maps"))


def read(host: "Host", pid: int) -> AddressSpace:
    """Read the mappings of one process.

    >>> [m.size_kb for m in maps.read(host, 171).named("[heap]")]
    [3216]

    Raises NotThere (the learner's failure) when there is no such process, ReadError when it cannot be read.
    """
    return _one(parse(run(host, _READ, "comm personality maps", str(pid), what=f"/proc/{pid}/maps")), pid)


def smaps(host: "Host", pid: int) -> AddressSpace:
    """Read the mappings of one process with what each holds. Slow for the machine where the process is large.

    >>> max(maps.smaps(host, 171).mappings, key=lambda m: m.amounts["Rss"]).permissions
    'rw-p'

    Raises as `read` does. Source: proc_pid_smaps(5).
    """
    return _one(parse(run(host, _READ, "comm personality smaps", str(pid), what=f"/proc/{pid}/smaps")), pid)


def parse(text: str) -> dict[int, AddressSpace]:
    """Parse lines `PID/FILE:LINE`, after one `self:PID`. Raises ReadError naming the line that no kernel writes."""
    own = text.partition("\n")[0].removeprefix("self:")
    found = {}
    for pid, parts in _files(text).items():
        if "personality" in parts and str(pid) != own:
            try:
                personality = int(parts["personality"][0], 16)
            except ValueError:
                raise ReadError(
                    f"/proc/{pid}/personality: expected a number, seen {shown(parts['personality'][0])}"
                ) from None
            lines = parts.get("maps") or parts.get("smaps") or []
            # A newline in a name gives comm several lines.
            name, mappings = "\n".join(parts.get("comm", [])), tuple(_mappings(lines))
            found[pid] = AddressSpace(pid=pid, name=name, personality=personality, mappings=mappings)
    return found


def _files(text: str) -> dict[int, dict[str, list[str]]]:
    first, *lines = text.split("\n")
    if not first.removeprefix("self:").isdecimal():
        raise ReadError(f"/proc: expected 'self:PID', seen {shown(first)}")
    files: dict[int, dict[str, list[str]]] = {}
    for line in filter(None, lines):
        match = _LINE.fullmatch(line)
        if not match:
            raise ReadError(f"/proc: expected 'PID/FILE:LINE', seen {shown(line)}")
        parts = files.setdefault(int(match["pid"]), {})
        if match["file"]:
            parts.setdefault(match["file"], []).append(match["line"])
    return files


def _mappings(lines: Iterable[str]) -> Iterable[Mapping]:
    """Put mappings together; each is a line of maps, and in smaps its amounts follow."""
    head, amounts = None, list[str]()
    for line in lines:
        match = _MAPPING.fullmatch(line)
        if match:
            if head:
                yield _mapping(head, amounts)
            head, amounts = match, []
        elif head and line[:1].isupper():
            if not line.startswith("VmFlags:"):
                amounts.append(line)
        else:
            raise ReadError(f"maps: expected 'START-END PERMISSIONS OFFSET DEVICE INODE PATH', seen {shown(line)}")
    if head:
        yield _mapping(head, amounts)


def _mapping(head: re.Match[str], amounts: list[str]) -> Mapping:
    path = head["path"]
    return Mapping(
        start=int(head["start"], 16),
        end=int(head["end"], 16),
        permissions=head["permissions"],
        offset=int(head["offset"], 16),
        device=head["device"],
        inode=int(head["inode"]),
        path=path.removesuffix(_DELETED),
        deleted=path.endswith(_DELETED),
        amounts=Smaps(parse_lines("smaps", "\n".join(amounts), separator=":")) if amounts else None,
    )


def _one(found: dict[int, Found], pid: int) -> Found:
    if pid in found:
        return found[pid]
    raise NotThere(
        seen=f"no process {pid}",
        expected="that it lives",
        following="look with `ps -e`, and with `dmesg` for whether it was killed",
    )
