"""Kernel parameters as they are, several in one round trip (/proc/sys), and as they are written down (sysctl.d)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

FOLDERS = ("etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d")
"""Where `sysctl --system` looks; of two files of one name the one in the earlier folder is read, the other never."""
LAST = "etc/sysctl.conf"
"""Read after all of them, where it is there; Debian 13 brings none."""
_PAIRS = (
    "dirty_bytes dirty_ratio",
    "dirty_background_bytes dirty_background_ratio",
    "overcommit_kbytes overcommit_ratio",
)
UNDOES = {f"vm.{one}": f"vm.{other}" for pair in _PAIRS for one, other in (pair.split(), pair.split()[::-1])}
"""Two names for one thing: who writes the one sets the other to 0."""
_ACTS = ("vm/compact_memory", "vm/drop_caches", "vm/stat_refresh")
"""No settings: writing these, or even reading the last one, does something."""

# $1: the root. /lib is mostly a link to /usr/lib, and then no other folder. A name may hold a colon: hence the NUL.
# One with a newline is passed over.
_WRITTEN = f"""
cd "$1/" || exit
line='
'
[ lib -ef usr/lib ] && merged=yes
set --
for folder in {" ".join(FOLDERS)}; do
  [ "$folder" = lib/sysctl.d ] && [ "${{merged:-}}" ] && continue
  for file in "$folder"/*.conf; do
    case $file in *"$line"*) continue ;; esac
    if [ -f "$file" ]; then set -- "$@" "$file"; fi
  done
done
if [ -f {LAST} ]; then set -- "$@" {LAST}; fi
LC_ALL=C; export LC_ALL
grep -asnHZ '' /dev/null "$@"
[ $? -lt 126 ] || exit # Below, it only means that a file was empty.
[ $# -eq 0 ] || printf '%s\\n' "$@" | sed 's/^/file:/'
cd /proc/sys && find . -type f | sed 's/^\\./known:/'
"""
_NOW = f"""
cd /proc/sys && find {{}} -type f -perm -400 {" ".join(f"! -path {path}" for path in _ACTS)} -exec grep -asH '' {{}} +
[ $? -lt 126 ] || exit # Below, it only means that one of them cannot be read now.
true
"""
_LINE = re.compile(r"(?P<path>[^\0]+)\0(?P<number>\d+):(?P<text>.*)")
_SETTING = re.compile(r"\s*(?P<dash>-?)(?P<name>[^#;\s=-][^=]*?)\s*=\s*(?P<value>.*?)\s*")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A setting as it stands in a file."""

    path: str
    """`/etc/sysctl.d/60-disk.conf`."""
    number: int
    """Its line there, from 1."""
    name: str
    """With dots, as sysctl(8) prints it; it may hold `*` and `?`."""
    value: str


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a boot, or `sysctl --system`, would set."""

    files: tuple[str, ...]
    """The files that are read, in their order."""
    never_read: tuple[str, ...]
    """Files that are not, as an earlier folder has one of the same name."""
    lines: tuple[Line, ...]
    """All settings of the files that are read, in the order in which they are set."""
    known: frozenset[str]
    """The names that this kernel has."""

    @cached_property
    def unknown(self) -> tuple[Line, ...]:
        """Lines with a name that this kernel lacks. `sysctl --system` passes over them without a word."""
        return tuple(line for line in self.lines if not self._means(line))

    @cached_property
    def overridden(self) -> tuple[tuple[Line, Line], ...]:
        """Each line that a later one leaves without any effect, and the first that does: of its name, or of UNDOES."""
        found = []
        for at, line in enumerate(self.lines):
            names = self._means(line)
            for later in self.lines[at + 1 :]:
                names = names - self._means(later) - {UNDOES.get(name, "") for name in self._means(later)}
                if not names and self._means(line):
                    found.append((line, later))
                    break
        return tuple(found)

    @cached_property
    def values(self) -> Mapping[str, str]:
        """What each name that is written down has when all of it is set; 0 where the other of its pair counts."""
        found: dict[str, str] = {}
        for line in self.lines:
            for name in sorted(self._means(line)):
                found[name] = line.value
                if UNDOES.get(name) in found:
                    found[UNDOES[name]] = "0"
        return found

    def _means(self, line: Line) -> frozenset[str]:
        """The kernel's names that a line sets. One with a pattern yields to each that is written out, anywhere."""
        if not set(line.name) & set("*?["):
            return self.known & {line.name}
        exact = {other.name for other in self.lines}
        return frozenset(name for name in self.known if fnmatchcase(name, line.name) and name not in exact)


@dataclass(frozen=True, kw_only=True)
class Differs:
    """A setting that the kernel has otherwise than it is written down."""

    name: str
    now: str
    written: str
    """What the next boot gives, other than now."""


def read(host: "Host", *names: str) -> dict[str, int]:
    """The values of parameters that are one whole number each.

    >>> sysctl.read(host, "vm.swappiness", "vm.panic_on_oom")
    {'vm.swappiness': 60, 'vm.panic_on_oom': 0}

    Read from /proc/sys, so no sysctl(8) is needed; a file under /etc/sysctl.d that nobody applied does not
    count. Source: sysctl(8), the kernel's admin-guide/sysctl/vm.rst. Raises ReadError for a name that this
    kernel lacks or that holds something else than a number (testinfra's `host.sysctl(name)` gives those as
    text).
    """
    paths = [name.replace(".", "/") for name in names]
    text = run(host, 'cd /proc/sys && grep -H "" -- "$@" /dev/null', *paths, what=f"sysctl {' '.join(names)}")
    return parse(text, names)


def parse(text: str, names: tuple[str, ...]) -> dict[str, int]:
    """Lines `vm/swappiness:60`, as grep prints them. Raises ReadError as `read` does."""
    seen = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    values = {}
    for name in names:
        value = seen.get(name.replace(".", "/"), "").strip()
        if not value.removeprefix("-").isdecimal():
            raise ReadError(f"sysctl {name}: expected a whole number, seen {shown(value)}")
        values[name] = int(value)
    return values


def now(host: "Host", folder: str = "vm") -> dict[str, str]:
    """All parameters below a folder of /proc/sys that can be read, as text, without those that act.

    >>> sysctl.now(host)["vm.lowmem_reserve_ratio"]
    '256 256 32 0 0'

    Raises ReadError.
    """
    return parse_now(run(host, _NOW.replace("{}", folder, 1), what=f"/proc/sys/{folder}"))


def parse_now(text: str) -> dict[str, str]:
    """Lines `vm/swappiness:60`; a value of several lines is joined. Raises ReadError naming the line that is none."""
    values: dict[str, str] = {}
    for line in filter(None, text.splitlines()):
        path, colon, value = line.partition(":")
        if not colon or "/" not in path:
            raise ReadError(f"/proc/sys: expected 'FOLDER/NAME:VALUE', seen {shown(line)}")
        name = dotted(path)
        values[name] = " ".join([*values.get(name, "").split(), *value.split()])
    return values


def written(host: "Host", root: str = "/") -> Written:
    """What is written down for a boot, below a root; links lead where they would for the reader.

    >>> found = sysctl.written(host)
    >>> [(line.path, line.name) for line in found.unknown]
    [('/etc/sysctl.d/30-catalogue.conf', 'vm.vfs_cache_presure')]
    >>> sysctl.differences(sysctl.now(host), found)
    [Differs(name='vm.swappiness', now='10', written='60')]

    As `sysctl --system` of procps does it; systemd-sysctl goes by other rules for patterns. Source: sysctl(8),
    sysctl.conf(5), procps' source. Raises ReadError.
    """
    return parse_written(run(host, _WRITTEN, root.rstrip("/"), what=f"sysctl.d below {root}"))


def parse_written(text: str) -> Written:
    r"""Parse lines `PATH\0NUMBER:TEXT`, `file:PATH` in the order of the folders, and `known:/FOLDER/NAME`.

    Raises ReadError naming the line that is none.
    """
    settings: dict[str, list[Line]] = {}
    paths, known = [], set()
    for row in filter(None, text.split("\n")):
        if match := _LINE.fullmatch(row):
            path = f"/{match['path']}"
            if setting := _SETTING.fullmatch(match["text"]):
                line = Line(
                    path=path, number=int(match["number"]), name=dotted(setting["name"]), value=setting["value"]
                )
                settings.setdefault(path, []).append(line)
        elif row.startswith("file:"):
            paths.append(f"/{row.removeprefix('file:')}")
        elif row.startswith("known:/"):
            known.add(dotted(row.removeprefix("known:/")))
        else:
            raise ReadError(f"sysctl.d: expected a line of a file, a file or a name, seen {shown(row)}")
    if not known:
        raise ReadError("sysctl.d: no name in /proc/sys", hint="is /proc mounted there?")
    files = _in_order(paths)
    return Written(
        files=files,
        never_read=tuple(path for path in paths if path not in files),
        lines=tuple(line for path in files for line in settings.get(path, ())),
        known=frozenset(known),
    )


def differences(found: Mapping[str, str], plan: Written) -> list[Differs]:
    """What is set otherwise than it is written down: by name, only names that are written down.

    What is written nowhere gets the kernel's default at a boot, which only a boot can tell. The kernel takes as many
    words of a line as it needs, so of the rest (`2 # why`) nothing counts.
    """
    return [
        Differs(name=name, now=found[name], written=value)
        for name, value in sorted(plan.values.items())
        if name in found and found[name].split() != value.split()[: len(found[name].split())]
    ]


def dotted(name: str) -> str:
    """A parameter's name with dots, whichever way it was written: what stands first in it separates."""
    first = next((sign for sign in name if sign in "./"), ".")
    return name if first == "." else name.translate(str.maketrans("./", "/."))


def _in_order(paths: Iterable[str]) -> tuple[str, ...]:
    """Those that are read, as sysctl(8) sorts them: by the name of the file, bytewise; sysctl.conf is the last."""
    chosen: dict[str, str] = {}
    last = []
    for path in paths:
        if path == f"/{LAST}":
            last.append(path)
        else:
            chosen.setdefault(path.rpartition("/")[2], path)
    return (*(chosen[name] for name in sorted(chosen)), *last)
