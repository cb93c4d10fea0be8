"""Which pages of a file are in the page cache: mincore(2)."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import NotThere, ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

# Mapped and never touched, so that looking brings nothing in. `root` is entered first: a link in it leads to where it
# leads for who lives there. A line for each run of resident pages.
_READ = """\
import ctypes, mmap, os, stat, sys
root, path = sys.argv[1:]
call = ctypes.CDLL(None, use_errno=True)
call.mmap.restype = ctypes.c_void_p
call.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
call.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
if root != "/":
    os.chroot(root)
    os.chdir("/")
try:
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
except OSError as error:
    print("absent", error.strerror)
    sys.exit()
found = os.fstat(file)
if not stat.S_ISREG(found.st_mode):
    print("absent no regular file")
    sys.exit()
size, page = found.st_size, mmap.PAGESIZE
print("file", size, page, os.major(found.st_dev), os.minor(found.st_dev))
if size:
    pages = -(-size // page)
    seen = ctypes.create_string_buffer(pages)
    place = call.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file, 0)
    if place == ctypes.c_void_p(-1).value or call.mincore(place, size, seen):
        sys.exit(os.strerror(ctypes.get_errno()))
    seen = seen.raw.translate(bytes(number & 1 for number in range(256)))
    first = seen.find(1)
    while first >= 0:
        end = seen.find(0, first)
        end = pages if end < 0 else end
        print("run", first, end - 1)
        first = seen.find(1, end)
"""
_FILE = re.compile(r"file (?P<size>\d+) (?P<page>\d+) (?P<major>\d+) (?P<minor>\d+)")
_RUN = re.compile(r"run (\d+) (\d+)")


@dataclass(frozen=True, kw_only=True)
class CachedFile:
    """A file, and what of it is in the page cache."""

    path: str
    size_bytes: int
    page_bytes: int
    device: tuple[int, int]
    """Major and minor number of the file system's device; major 0 is none that is on a disk, as a tmpfs is."""
    runs: tuple[tuple[int, int], ...]
    """Resident pages, counted from 0, as first and last of each unbroken run, in order."""

    @property
    def pages(self) -> int:
        """How many pages the file has; the last one may be a part of one."""
        return -(-self.size_bytes // self.page_bytes)

    @property
    def resident_pages(self) -> int:
        """How many of them are in the page cache."""
        return sum(last - first + 1 for first, last in self.runs)

    def resident_in(self, first: int, last: int) -> int:
        """How many of the pages from `first` to `last`, both included, are in the page cache."""
        return sum(max(0, min(last, end) - max(first, begin) + 1) for begin, end in self.runs)


def read(host: "Host", path: str, *, root: str = "/") -> CachedFile:
    """What of a file is in the page cache now. Looking at it brings nothing in.

    >>> pagecache.read(host, "/srv/shop/hot.db").resident_pages
    5632

    `path` is looked up below `root`, with links as they are for who has that for a root. It takes root, or the file's
    owner (others are told that all is resident), and python3 on the host. Raises NotThere (the learner's failure)
    where there is no such regular file, ReadError. Source: mincore(2).
    """
    script = 'python3 -IS -c "$1" "$2" "$3"'
    return parse(run(host, script, _READ, root, path, what=f"page cache of {path}"), path)


def parse(text: str, path: str) -> CachedFile:
    """Parse `file SIZE PAGE MAJOR MINOR` and lines `run FIRST LAST`, or `absent WHY`. Raises as `read` does."""
    header, *lines = text.splitlines() or [""]
    if header.startswith("absent "):
        raise NotThere(
            seen=f"no file {path}: {header.removeprefix('absent ')}",
            expected="that it is there, a regular file",
            following=f"look with: ls -l {path}",
        )
    file = _FILE.fullmatch(header)
    runs = [_RUN.fullmatch(line) for line in lines]
    if not file or not all(runs):
        raise ReadError(f"page cache of {path}: expected a file and its runs, seen {shown(text)}")
    return CachedFile(
        path=path,
        size_bytes=int(file["size"]),
        page_bytes=int(file["page"]),
        device=(int(file["major"]), int(file["minor"])),
        runs=tuple((int(run[1]), int(run[2])) for run in runs if run),
    )
