"""Records walks on the page tables of this system: `python tests/data/record_walk.py`, one file for each depth.

A record has what the walk read of physical memory, and what the process itself read in /proc/PID/pagemap meanwhile.
Beside it is what checkers.pagemap asks for.
"""

import contextlib
import json
import os
from pathlib import Path
from types import SimpleNamespace

from checkers import NotThere, pagemap
from checkers._reading import text
from containers import backend, layout, machines, outside, paging, tasks
from containers.shape import Shape

HERE = Path(__file__).parent / "walk"
# Says its addresses with their pagemap: written, only read (the zero page), untouched, swapped out, huge, not to touch.
STAGE = r"""
dd if=/dev/zero of=/area bs=1M count=64 status=none; chmod 600 /area; mkswap -q /area; swapon /area
echo always > /sys/kernel/mm/transparent_hugepage/enabled
cat > /root/actor.py <<'END'
import ctypes, mmap, os, signal
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.madvise.argtypes = libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
PAGE, MIB = 4096, 1 << 20
area = libc.mmap(None, 8 * PAGE, 3, 0x22, -1, 0)
high = libc.mmap(1 << 50, PAGE, 3, 0x22, -1, 0)
huge = (libc.mmap(None, 4 * MIB, 3, 0x22, -1, 0) + 2 * MIB - 1) // (2 * MIB) * (2 * MIB)
libc.madvise(area, 8 * PAGE, 15)
libc.madvise(huge, 2 * MIB, 14)
ctypes.memmove(area, b"HELLO", 5)
ctypes.string_at(area + PAGE, 1)
ctypes.memmove(area + 3 * PAGE, b"SWAP!", 5)
ctypes.memmove(area + 4 * PAGE, b"HIDE!", 5)
ctypes.memmove(high, b"ABOVE", 5)
ctypes.memmove(huge, b"LARGE", 5)
libc.madvise(area + 3 * PAGE, PAGE, 21)
libc.mprotect(area + 4 * PAGE, PAGE, 0)
places = dict(written=area, read=area + PAGE, untouched=area + 2 * PAGE, swapped=area + 3 * PAGE,
              hidden=area + 4 * PAGE, high=high, huge=huge + 7 * PAGE)
with open("/proc/self/pagemap", "rb") as pagemap, open("/root/places", "w") as said:
    for name, place in places.items():
        pagemap.seek(place // PAGE * 8)
        print(name, place, int.from_bytes(pagemap.read(8), "little"), file=said)
os.rename("/root/places", "/root/said")
signal.pause()
END
setsid python3 -IS /root/actor.py > /root/log 2>&1 < /dev/null &
echo $! > /root/pid
until [ -e /root/said ] || ! [ -d /proc/$! ]; do sleep 0.1; done
cat /root/pid /root/said /root/log
"""


def main() -> None:
    """Record on a machine of each depth."""
    for levels, arguments in ((5, ""), (4, "no5lvl")):
        shape = Shape(memory="768M", kernel_arguments=arguments)
        machine = machines.start(f"record@{os.getpid()}", shape)
        try:
            pid, *said = machine.learner.run(STAGE).stdout.splitlines()
            places = [(int(pid), int(line.split()[1])) for line in said]
            host = backend.host_of(machine.examiner)
            asked = SimpleNamespace(said="")

            def run(command, host=host, asked=asked):
                done = host.run(command)
                asked.said = text(done.stdout_bytes.removesuffix(b"\nchecker-end\n"))
                return done

            kept = {}
            for name, asked_for in (("actor", places), ("thread", [(2, 0)]), ("nobody", [(1 << 22, 0)])):
                with contextlib.suppress(NotThere):
                    pagemap.read(SimpleNamespace(run=run), asked_for)
                kept[name] = asked.said
            kernel = layout.Layout.of(machine.template)
            walks = {}
            with outside.standing_still(machine) as (seen, _):
                task = tasks.find(seen, kernel, int(pid))
                assert (seen.levels, task.comm) == (levels, "python3"), task
                root = seen.walk(task.root).physical
                for line in said:
                    name, place, own = line.split()
                    found = seen.walk(int(place), root)
                    words = {hex(one.place): hex(one.value) for one in found.entries}
                    walks[name] = SimpleNamespace(
                        address=hex(int(place)), pagemap=hex(int(own)), root=hex(root), words=words
                    ).__dict__
        finally:
            machine.stop()
        HERE.mkdir(exist_ok=True)
        (HERE / f"{levels}-level.json").write_text(json.dumps(walks, indent=1) + "\n")
        for name, content in kept.items():
            (HERE / f"pagemap_{name}_{levels}-level.txt").write_text(content)
        print(
            levels,
            {
                name: paging.walk(
                    lambda at, w=one["words"]: int(w[hex(at)], 16), root, int(one["address"], 16), levels=levels
                )
                .entries[-1]
                .flags
                for name, one in walks.items()
            },
        )


if __name__ == "__main__":
    main()
