"""Compressed disks in RAM: /sys/block/zram*."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_READ = """
cd /sys/block || exit
set -- zram*
[ -e "$1" ] || exit 0
for device in "$@"; do shift; set -- "$@" "$device/comp_algorithm" "$device/disksize" "$device/mm_stat"; done
LC_ALL=C grep -asH '' "$@"
[ $? -lt 126 ] || exit # Below, it only means that a file was empty, or that a device had vanished.
true
"""
_LINE = re.compile(r"(?P<device>zram\d+)/(?P<file>\w+):(?P<value>.*)")
_KEPT = ("orig_data_size", "compr_data_size", "mem_used_total", "mem_limit", "mem_used_max", "same_pages")
"""The first columns of mm_stat, in bytes but for the last, which counts pages."""


@dataclass(frozen=True, kw_only=True)
class Zram:
    """One zram device, set up or not."""

    path: str
    """`/dev/zram0`."""
    algorithm: str
    """The one that is chosen."""
    algorithms: tuple[str, ...]
    """Those that this kernel offers."""
    disksize_kb: int
    """How much may be written into it, uncompressed; 0 where it is not set up."""
    original_bytes: int
    """What is in it, uncompressed, pages of one repeated word included."""
    compressed_bytes: int
    used_bytes: int
    """The RAM that it takes, with what the allocator loses."""
    same_pages: int
    """Pages of one repeated word: they take no room but a note."""

    @property
    def ratio(self) -> float:
        """Uncompressed to compressed; 0 where nothing is in it."""
        return self.original_bytes / self.compressed_bytes if self.compressed_bytes else 0.0


def read(host: "Host") -> list[Zram]:
    """All zram devices; none is an empty list, as is a kernel without the module.

    >>> [(device.path, device.algorithm, device.disksize_kb) for device in zram.read(host)]
    [('/dev/zram0', 'zstd', 16384)]

    Source: the kernel's admin-guide/blockdev/zram.rst. Raises ReadError.
    """
    return parse(run(host, _READ, what="/sys/block/zram*"))


def parse(text: str) -> list[Zram]:
    """Lines `zram0/FILE:VALUE`. Raises ReadError naming the line that is none; one that had vanished is left out."""
    devices: dict[str, dict[str, str]] = {}
    for line in filter(None, text.splitlines()):
        match = _LINE.fullmatch(line)
        if not match:
            raise ReadError(f"zram: expected 'zram0/FILE:VALUE', seen {shown(line)}")
        devices.setdefault(match["device"], {})[match["file"]] = match["value"]
    return [_zram(name, files) for name, files in sorted(devices.items()) if "disksize" in files]


def _zram(name: str, files: dict[str, str]) -> Zram:
    offered = files.get("comp_algorithm", "").split()
    chosen = [word.strip("[]") for word in offered if word.startswith("[")]
    numbers = files.get("mm_stat", "").split()
    if len(chosen) != 1 or len(numbers) < len(_KEPT) or not files["disksize"].isdecimal():
        raise ReadError(f"{name}: not as in the kernel's zram.rst, seen {shown(str(files))}")
    stat = dict(zip(_KEPT, map(int, numbers), strict=False))
    return Zram(
        path=f"/dev/{name}",
        algorithm=chosen[0],
        algorithms=tuple(word.strip("[]") for word in offered),
        disksize_kb=int(files["disksize"]) // 1024,
        original_bytes=stat["orig_data_size"],
        compressed_bytes=stat["compr_data_size"],
        used_bytes=stat["mem_used_total"],
        same_pages=stat["same_pages"],
    )
