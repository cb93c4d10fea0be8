"""Seats that are processes of this computer are forks of one that has loaded what they need.

What is loaded lies in memory once for all of them: a seat by itself owns 23 MB when it has started, a fork 13 MB, and
it has started in a fifth of the time. The hub starts this process and speaks with it through its standard input and
output (JSON lines); it ends with the hub, the seats do not.

    -> {"env": {...}, "home": folder, "name": participant}
    <- {"pid": number}
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

LATER = ("uvicorn.lifespan.on", "uvicorn.loops.auto", "uvicorn.protocols.http.auto", "uvicorn.logging",
         "uvicorn.protocols.websockets.websockets_sansio_impl")  # fmt: skip
"""What a server loads only when it begins to serve."""


def serve(module: str) -> int:
    """Fork whenever asked to, each time to run `main()` of the module, until standard input ends."""
    seat = importlib.import_module(module)
    for name in LATER:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the collector would write to each object, and so copy it into each fork
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a fork ended
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if not pid:
            _become(wanted, module)
            return int(seat.main())
        print(json.dumps({"pid": pid}), flush=True)
    return 0


def _become(wanted: dict[str, Any], module: str) -> None:
    """Be what a process would be that had been started with this environment in this folder."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    home = Path(wanted["home"])
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    os.chdir(home)
    os.environ.clear()
    os.environ.update(wanted["env"])
    _be_called((sys.executable, "-m", module, wanted["name"]))


def _be_called(words: Sequence[str]) -> None:
    """Have /proc/PID/cmdline say so, as far as there is room: that of the words with which this process was started."""
    stat = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    begin, end = int(stat[45]), int(stat[46])  # arg_start and arg_end, proc_pid_stat(5); fields from the third on
    said = b"\0".join(os.fsencode(word) for word in words)
    if begin and end > begin:
        ctypes.memmove(begin, said[: end - begin - 1].ljust(end - begin, b"\0"), end - begin)


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1]))
