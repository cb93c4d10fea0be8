"""Which pages of a file are in the page cache: mincore(2)."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import NotThere, ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

# Mapped and never touched, so that looking brings nothing in. `root` is entered first: a link in it leads to where it
# leads for who lives there. A line for each run of resident pages. In perl and without a module: under emulation a
# python with ctypes takes three times as long to start (1.0 s after drop_caches).
_READ = r"""
my ($root, $path, $page, $machine) = @ARGV;
my ($x86, $wide) = ($machine =~ /^(x86_64|i\d86)$/, length(pack 'L!', 0) == 8);
die "no system call numbers for $machine\n" unless $x86 or $machine =~ /^(aarch64|riscv64)$/;
my ($mmap, $mincore) = $x86 ? $wide ? (9, 27) : (192, 218) : (222, 232);
if ($root ne '/') { chroot $root and chdir '/' or die "chroot $root: $!\n" }
sub absent { print "absent @_\n"; exit }
sysopen my $file, $path, 04000 or absent $!; # O_NONBLOCK: a FIFO must not hold it up
my ($device, $size) = (stat $file)[0, 7];
-f _ or absent 'no regular file';
my ($major, $minor) = ($device >> 8 & 0xfff | $device >> 32 & ~0xfff, $device & 0xff | $device >> 12 & 0xfff00);
print "file $size $page $major $minor\n";
exit unless $size;
my $pages = int(($size + $page - 1) / $page);
my $seen = "\0" x $pages;
my $place = syscall $mmap, 0, $size, 1, 1, fileno $file, 0; # PROT_READ, MAP_SHARED
$place == -1 and die "mmap: $!\n";
syscall $mincore, $place, $size, $seen and die "mincore: $!\n";
$seen &= "\1" x $pages;
print "run $-[0] ", $+[0] - 1, "\n" while $seen =~ /\x01+/g;
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
    owner (others are told that all is resident), and perl on the host (Debian's perl-base). Raises NotThere (the
    learner's failure) where there is no such regular file, ReadError. Source: mincore(2).
    """
    script = 'perl -e "$1" -- "$2" "$3" "$(getconf PAGESIZE)" "$(uname -m)"'
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
