#!/usr/bin/python3 -IS
"""index FILE: reads FILE twice, first to count and then to compare, and prints what in it is not a zero, line by line.

Its own memory is small. What it reads goes through the page cache.
"""

import os
import sys

BLANK = bytes(1 << 19)
found = []
for _ in range(2):
    seen = b""
    file = os.open(sys.argv[1], os.O_RDONLY)
    while piece := os.read(file, 1 << 19):
        if piece != BLANK[: len(piece)]:
            seen += piece.replace(b"\0", b"")
    os.close(file)
    found.append(seen)
if found[0] != found[1]:
    sys.exit("the archive has changed while it was read")
print(found[0].decode(errors="replace"), end="", flush=True)
