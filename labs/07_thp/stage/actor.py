#!/usr/bin/python3 -IS
"""NAME MIB STRIDE [advise] [huge=PAGES]: keeps records in MIB of memory, one every STRIDE bytes; answers on a socket.

advise      asks for huge pages, where the kernel gives them to who asks: madvise(MADV_HUGEPAGE)
huge=PAGES  keeps an index as well, in so many pages of the hugetlb pool

Requests: show; more MIB (keeps more); less (gives back what was kept last). It says READY when all is in place.
"""

import _socket  # the C module under `socket`, which takes 0.2 s longer to import where the CPU is emulated
import mmap
import os
import sys

MIB = 1 << 20
PAGE = 4096
PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
HUGETLB = 0x40000  # MAP_HUGETLB, which this mmap module has no name for


def kept(mib):
    """Give so much memory, with its records in it."""
    if stride == PAGE and not advise and not index:
        memory = bytearray(mib * MIB)  # by malloc, as most programs have it
    else:
        memory = mmap.mmap(-1, mib * MIB, flags=PRIVATE)
        if advise:
            memory.madvise(mmap.MADV_HUGEPAGE)
    records = mib * MIB // stride
    memory[::stride] = (bytes(range(1, 256)) * (records // 255 + 1))[:records]
    return memory


def more(size):
    if len(blocks) <= 4:
        blocks.append(kept(int(size)))


def less(_):
    if len(blocks) > 1:
        blocks.pop()


name = os.path.basename(sys.argv[0])
with open("/proc/self/comm", "w") as comm:
    comm.write(name)
mib, stride, *options = sys.argv[1:]
stride, advise = int(stride), "advise" in options
index = [option.removeprefix("huge=") for option in options if option.startswith("huge=")]
if index:
    length = int(index[0]) * 2 * MIB
    index = mmap.mmap(-1, length, flags=PRIVATE | HUGETLB | mmap.MAP_POPULATE)
blocks = [kept(int(mib))]
path = f"/run/observatory/{name}.sock"
if os.path.exists(path):
    os.unlink(path)
listener = _socket.socket(_socket.AF_UNIX)
listener.bind(path)
listener.listen(8)
print("READY", os.getpid(), flush=True)
while True:
    fd, _ = listener._accept()  # noqa: SLF001 -- what accept() of the larger module calls
    client = _socket.socket(fileno=fd)
    try:
        client.settimeout(10)
        verb, _, text = client.recv(4096).decode(errors="replace").strip().partition(" ")
        if verb in ("more", "less"):
            {"more": more, "less": less}[verb](text)
        size = sum(len(block) for block in blocks)
        client.sendall(f"{size // MIB} MiB, {size // stride} records\n".encode())
    except (OSError, ValueError) as error:
        print("a client went away:", error, flush=True)
    client.close()
