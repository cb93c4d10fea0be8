#!/usr/bin/python3 -IS
"""The six programs of lab 14's 32-bit machine: each can take memory of one kind, and give it back.

Its standard input has a line for each: NAME KIND MIB. Each listens on /run/NAME.sock: hold, release, show. Standard
library only.
"""

import ctypes
import mmap
import os
import socket
import sys

MIB, PAGE = 1 << 20, 4096
POPULATE_READ, POPULATE_WRITE, NO_HUGE_PAGES = 22, 23, 15  # madvise(2)
PIPE_SIZE = 1031  # fcntl(2), F_SETPIPE_SZ
FAR = 256  # MiB from the disk's beginning, where this machine has nothing that it uses

libc = ctypes.CDLL(None, use_errno=True)


def anonymous(mib):
    memory = mmap.mmap(-1, mib * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(POPULATE_WRITE)
    yield
    memory.close()


def tmpfs(mib):
    path = f"/dev/shm/{os.getpid()}"
    with open(path, "wb") as file:
        file.writelines(bytes(MIB) for _ in range(mib))
    yield
    os.unlink(path)


def pipes(mib):
    ends, piece = [], bytes(MIB)
    from fcntl import fcntl

    for _ in range(mib):
        ends += os.pipe()
        fcntl(ends[-1], PIPE_SIZE, MIB)
        os.write(ends[-1], piece)
    yield
    for end in ends:
        os.close(end)


def sockets(mib):
    pairs, left, piece = [], mib * MIB, bytes(4000)
    while left > 0:
        pairs.append(socket.socketpair())
        pairs[-1][0].setblocking(False)
        try:
            while left > 0:
                left -= pairs[-1][0].send(piece)
        except BlockingIOError:  # this one is full
            continue
    yield
    for pair in pairs:
        for end in pair:
            end.close()


def disk(mib):
    """Pages of the disk itself, not of a file on it: Buffers."""
    device = os.open("/dev/vda", os.O_RDONLY)
    memory = mmap.mmap(device, mib * MIB, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE, offset=FAR * MIB)
    memory.madvise(POPULATE_READ)
    yield
    memory.close()
    os.posix_fadvise(device, FAR * MIB, mib * MIB, os.POSIX_FADV_DONTNEED)
    os.close(device)


def tables(mib):
    """One page in each 2 MiB, so that each takes a page table of its own: 640 of both, whatever is asked for."""
    del mib
    memory = mmap.mmap(-1, 1280 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
    memory.madvise(NO_HUGE_PAGES)
    for place in range(0, len(memory), 2 * MIB):
        memory[place] = 1
    yield
    memory.close()


KINDS = {"anonymous": anonymous, "tmpfs": tmpfs, "pipes": pipes, "sockets": sockets, "disk": disk, "tables": tables}


def serve(listener, kind, mib):
    held = None
    while True:
        connection, _ = listener.accept()
        with connection:
            order = connection.recv(64).strip()
            if order == b"hold" and not held:
                held = KINDS[kind](mib)
                next(held)
            elif order == b"release" and held:
                next(held, None)
                held = None
            connection.sendall(f"{os.getpid()} {'holds' if held else 'free'}\n".encode())


def main():
    for line in sys.stdin.read().splitlines():
        name, kind, mib = line.split()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"/run/{name}.sock")
        listener.listen()
        if not os.fork():
            with open("/proc/self/comm", "w") as comm:
                comm.write(name)
            serve(listener, kind, int(mib))
        listener.close()


main()
