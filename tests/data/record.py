"""Records what the vocabulary reads on another kernel: `python tests/data/record.py lab-6.1`, any system of the image.

Every kernel gets the same stage, so tests/checkers/test_on_every_kernel.py can expect the same of all.
"""

import os
import sys
from pathlib import Path

from checkers import (
    hugetlb,
    maps,
    meminfo,
    overcommit,
    pagecache,
    processes,
    slab,
    swaps,
    thp,
    unlinked,
    vmstat,
    writeback,
    zram,
)
from checkers._reading import HOST_PROC, text
from containers import backend, machines
from containers.shape import Shape

HERE = Path(__file__).parent / "kernels"
ROOT = "/proc/1/root"
END = b"\nchecker-end\n"
# Forks, so that smaps has what is shared and what is not; ready when its last page is touched.
ACTOR = r"""
import ctypes, mmap, os, signal
MIB, PRIVATE = 1 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
used = mmap.mmap(-1, 8 * MIB, flags=PRIVATE)
used.write(b"\x5a" * (3 * MIB))
kept = [used, mmap.mmap(-1, 64 * MIB, flags=PRIVATE | 0x4000)]  # MAP_NORESERVE
file = os.open("/srv/rec/stock.db", os.O_RDONLY)
kept.append(mmap.mmap(file, MIB, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ))
shared = mmap.mmap(-1, 2 * MIB)
shared.write(b"\x5a" * (2 * MIB))
gone = os.open("/srv/mem/clicks", os.O_RDWR | os.O_CREAT)
os.write(gone, b"\x5a" * (5 * MIB))
os.unlink("/srv/mem/clicks")
held = mmap.mmap(-1, MIB, flags=PRIVATE)
ctypes.CDLL(None).mlock(ctypes.byref(ctypes.c_char.from_buffer(held)), MIB)
# 2 MiB that are a huge page, and two pages of the pool that are set aside and not touched.
area = mmap.mmap(-1, 6 * MIB, flags=PRIVATE)
area.madvise(mmap.MADV_HUGEPAGE)
begin = -ctypes.addressof(ctypes.c_char.from_buffer(area)) % (2 * MIB)
area[begin:begin + 2 * MIB] = bytes(2 * MIB)
kept.append(mmap.mmap(-1, 4 * MIB, flags=PRIVATE | 0x40000))  # MAP_HUGETLB
with open("/proc/self/comm", "w") as comm:
    comm.write("actor")
child = os.fork()
if child:
    with open("/run/actor", "w") as ready:
        ready.write(f"{os.getpid()} {child}")
signal.pause()
"""
STAGE = f"""\
set -e
mkdir -p /srv/rec /srv/mem
head -c 12M /dev/urandom > /srv/rec/stock.db
mount -t tmpfs -o size=8M mem /srv/mem
head -c 500k /dev/urandom > /dev/shm/one
fallocate -l 32M /srv/rec/swapfile
chmod 600 /srv/rec/swapfile
mkswap /srv/rec/swapfile
swapon -p 7 /srv/rec/swapfile
modprobe zram
at=$(zramctl --find --size 16M --algorithm zstd)
mkswap "$at"
swapon -p 100 "$at"
sysctl -w vm.dirty_background_bytes=524288 vm.dirty_bytes=1048576 vm.overcommit_ratio=60 vm.nr_hugepages=4
echo madvise > /sys/kernel/mm/transparent_hugepage/enabled
ls /srv/nobody-{{1..300}} 2> /dev/null || :
cat > /srv/rec/actor.py <<'END'
{ACTOR}
END
setsid setarch -R python3 -IS /srv/rec/actor.py > /srv/rec/log 2>&1 < /dev/null &
until [ -s /run/actor ]; do sleep 0.1; done
sync
for what in 'fadvise -d 0 12m' 'fadvise -r' 'pread 0 16k' 'pread 200k 4k' 'pread 4000k 256k'; do
    set -- "$@" -c "$what"
done
xfs_io -r "$@" /srv/rec/stock.db
cat /run/actor
"""


class Recorder:
    """A host that keeps what was said last."""

    def __init__(self, host):
        self._host = host
        self.said = ""

    def run(self, command):
        done = self._host.run(command)
        self.said = text(done.stdout_bytes.removesuffix(END))
        return done


def main(system):
    os.environ.pop(HOST_PROC, None)
    machine = machines.start(f"record@{os.getpid()}", Shape(memory="384M", system=system))
    try:
        staged = machine.learner.run(STAGE, timeout=600)
        if staged.status:
            sys.exit(f"the stage could not be set: {staged.stdout}{staged.stderr}")
        pid, child = map(int, staged.stdout.splitlines()[-1].split())
        version = ".".join(machine.learner.run("uname -r").stdout.split(".")[:2])
        host = Recorder(backend.host_of(machine.examiner))
        reads = {
            "pagecache": lambda: pagecache.read(host, "/srv/rec/stock.db", root=ROOT),
            "writeback": lambda: writeback.read(host),
            "overcommit": lambda: overcommit.read(host),
            "promises": lambda: overcommit.promises(host),
            "swaps": lambda: swaps.read(host),
            "backing": lambda: swaps.backing(host, swaps.read(host)[0]),
            "tmpfs_files": lambda: swaps.tmpfs_files(host, "/dev/shm"),
            "zram": lambda: zram.read(host),
            "unlinked": lambda: unlinked.table(host),
            "slab": lambda: slab.read(host),
            "dentries": lambda: slab.dentries(host),
            "meminfo": lambda: meminfo.read(host),
            "vmstat": lambda: vmstat.read(host),
            "maps": lambda: maps.read(host, pid),
            "smaps": lambda: maps.smaps(host, pid),
            "smaps_rollups": lambda: processes.smaps_rollups(host, [pid, child]),
            "thp": lambda: thp.read(host),
            "thp_users": lambda: thp.users(host, [pid, child]),
            "hugetlb": lambda: hugetlb.read(host),
            "table": lambda: processes.table(host),
        }
        HERE.mkdir(exist_ok=True)
        for name, read in reads.items():
            read()
            (HERE / f"{name}_{version}.txt").write_text(host.said)
            print(f"{name}_{version}.txt: {len(host.said)} characters")
    finally:
        machine.stop()


main(*sys.argv[1:])
