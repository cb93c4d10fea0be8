#!/usr/bin/python3 -IS
"""The three programs of lab 14's first machine, in an order that decides from which zone each gets its memory.

Its standard input has a line for each: RING, LENS, BULK (their names), ORDER (of which kind each of LENS's four buffers
is), SCREEN (how RING's frames lie: of each 4 * 2^SCREEN page frames it keeps 2^SCREEN). Standard library only.
"""

import ctypes
import mmap
import os
import socket
import sys
from array import array

MIB, PAGE = 1 << 20, 4096
POPULATE_WRITE = 23  # madvise(2), MADV_POPULATE_WRITE: pages are there at once
LOCK_ONFAULT = 1  # mlock2(2): what is there, and what comes
IO_URING_SETUP, IO_URING_REGISTER, REGISTER_BUFFERS = 425, 427, 0
BULK_MIB = 4
SIDES = ("north", "east", "south", "west")
ABOVE = ("early", "file")  # these kinds are in the zone Movable
MARK = b"a frame\n"

libc = ctypes.CDLL(None, use_errno=True)


def address_of(memory):
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def called(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), what)
    return result


def lock(memory):
    """Keep in RAM what is there; holes stay holes."""
    place, size = ctypes.c_void_p(address_of(memory)), ctypes.c_size_t(len(memory))
    called(libc.mlock2(place, size, LOCK_ONFAULT), "mlock2")


def border():
    """Give the first page frame of the zone Movable, which is the highest here."""
    with open("/proc/zoneinfo") as file:
        return int(file.read().split("zone  Movable\n")[1].split("start_pfn:")[1].split()[0])


def frames_of(memory, first=0):
    """Give the page frame behind each page from `first` on, 0 where there is none."""
    entries = array("Q")
    with open("/proc/self/pagemap", "rb", 0) as pagemap:
        pagemap.seek((address_of(memory) // PAGE + first) * 8)
        entries.frombytes(pagemap.read((len(memory) // PAGE - first) * 8))
    return [entry & (1 << 55) - 1 if entry >> 63 else 0 for entry in entries]


def anonymous(mib=1):
    memory = mmap.mmap(-1, mib * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(POPULATE_WRITE)
    return memory


def of_a_file(path):
    with open(path, "w+b") as file:
        file.truncate(MIB)
        memory = mmap.mmap(file.fileno(), MIB)
    memory.madvise(POPULATE_WRITE)
    lock(memory)
    return memory


def for_a_device():
    """Registered with io_uring: a device may write into it at any time, so the kernel pins it, and moves it first."""
    memory = anonymous()
    ring = called(libc.syscall(IO_URING_SETUP, 2, (ctypes.c_char * 120)()), "io_uring_setup")
    vector = (ctypes.c_size_t * 2)(address_of(memory), MIB)
    called(libc.syscall(IO_URING_REGISTER, ring, REGISTER_BUFFERS, vector, 1), "io_uring_register")
    return memory


class Child:
    """A process of its own that goes on when it is told to, and says when it has come so far."""

    def __init__(self, name, act):
        self._said, said = os.pipe()
        told, self._told = os.pipe()
        if not os.fork():
            os.close(self._told)
            with open("/proc/self/comm", "w") as comm:
                comm.write(name)
            for _ in act():
                os.write(said, b".")
                os.read(told, 1)
            os._exit(0)
        os.close(said)
        self.wait()

    def go_on(self):
        """Have it go on, and wait until it has come to its next stop."""
        os.write(self._told, b".")
        self.wait()

    def wait(self):
        """Wait until it has come to its next stop."""
        if not os.read(self._said, 1):
            sys.exit("a child has ended")


def bulk():
    kept = anonymous(BULK_MIB)
    yield
    kept.close()  # when its parent has gone


def lens(name, order):
    first = border()
    kept = {"early": anonymous(), "file": of_a_file(f"/var/lib/{name}.raw"), "fixed": for_a_device()}
    yield  # until the zone Movable is full
    spare = [anonymous()]
    while min(frames_of(spare[-1])) >= first:
        spare.append(anonymous())
    kept["late"] = spare[-1]
    lines = []
    for side, kind in zip(SIDES, order, strict=True):
        found = [page for page, frame in enumerate(frames_of(kept[kind])) if (frame >= first) == (kind in ABOVE)]
        lines.append(f"{side} {os.getpid()} {address_of(kept[kind]) + found[len(found) // 2] * PAGE:#x}\n")
    with open(f"/run/{name}.buffers", "w") as file:
        file.write("".join(lines))
    yield


class Ring:
    """Locked frames all over the zone Movable, with holes between them."""

    def __init__(self, screen):
        self._screen = screen
        self._pieces = []
        self._runs = []
        self._frames = 0
        self._earlier = []

    def fill(self):
        """Take all that the zone Movable has; a piece that does not end there goes back."""
        first = border()
        while True:
            memory = anonymous()
            if frames_of(memory, MIB // PAGE - 1)[0] < first:
                memory.close()
                return
            self._pieces.append(memory)

    def punch(self):
        """Give back what lies between the frames, and lock the frames."""
        for memory in self._pieces:
            holes = bytes(frame >> self._screen & 3 > 0 for frame in frames_of(memory))
            self._frames += holes.count(0)
            begin = 0
            while begin < len(holes):
                end = holes.find(not holes[begin], begin)
                end = len(holes) if end < 0 else end
                if holes[begin]:
                    memory.madvise(mmap.MADV_DONTNEED, begin * PAGE, (end - begin) * PAGE)
                else:
                    memory[begin * PAGE : begin * PAGE + len(MARK)] = MARK
                    self._runs.append((memory, begin * PAGE))
                begin = end
            lock(memory)

    def empty(self):
        """Give everything back."""
        self._runs.clear()
        self._earlier.append(self._frames)
        self._frames = 0
        while self._pieces:
            self._pieces.pop().close()

    def state(self):
        """Tell the pid, how many frames it has, whether they hold what they held, and how many it had before."""
        whole = all(memory[place : place + len(MARK)] == MARK for memory, place in self._runs)
        return " ".join(map(str, (os.getpid(), self._frames, "whole" if whole else "damaged", *self._earlier))) + "\n"


def serve(listener, ring):
    while True:
        connection, _ = listener.accept()
        with connection:
            if connection.recv(64).startswith(b"renew"):
                ring.empty()
                ring.fill()
                ring.punch()
            connection.sendall(ring.state().encode())


def main():
    name, its_lens, its_bulk, order, screen = sys.stdin.read().splitlines()
    with open("/proc/self/comm", "w") as comm:
        comm.write(name)
    Child(its_bulk, bulk)
    child = Child(its_lens, lambda: lens(its_lens, order.split()))
    ring = Ring(int(screen))
    ring.fill()
    child.go_on()
    ring.punch()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"/run/{name}.sock")
    listener.listen()
    serve(listener, ring)


main()
