#!/usr/bin/python3 -IS
"""NAME: keeps a line open to each guide that visitors carry through the museum."""

import _signal
import _socket
import os
import resource
import sys

PAIRS = 100

with open("/proc/self/comm", "w") as comm:
    comm.write(os.path.basename(sys.argv[0]))
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
lines = [_socket.socketpair() for _ in range(PAIRS)]
print("READY", flush=True)
while True:
    _signal.pause()
