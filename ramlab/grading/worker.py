"""What `ramlab grade --on ssh:HOSTS` and `kube:NAMESPACE` start on a host: workers.

Over ssh until standard input ends, whose first line is the order; in a pod the order is a file. It is JSON: `port` of
the scheduler, its `address` (empty: whoever came by ssh), how many `workers`, and the PEM texts of `security`. So no
key is on a command line, or, over ssh, in a file.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

ONE_VM = {"vm": 1}
"""What a worker has, and an attempt takes: one machine at a time, however many threads somebody's workers have."""
PEMS = ("tls_ca_file", "tls_worker_cert", "tls_worker_key")
DEATH_SECONDS = 60
"""After so long without a scheduler a worker ends."""


def main() -> None:
    """Do what the order says."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    order = json.loads(file.read_text() if file else sys.stdin.readline())
    # A home folder may be several hosts', and machines are one's: each host has a state folder of its own.
    apart = Path.home() / ".local" / "state" / "ramlab-workers" / socket.gethostname()
    os.environ.setdefault("XDG_STATE_HOME", str(apart))
    asyncio.run(_serve(order, until_input_ends=file is None))


async def _serve(order: dict[str, Any], *, until_input_ends: bool) -> None:
    from distributed import Nanny
    from distributed.security import Security

    security = Security(require_encryption=True, **order["security"])
    # sshd says who came, and to which address of this host: so nobody has to know names or networks.
    theirs, _, ours, _ = os.environ.get("SSH_CONNECTION", "127.0.0.1 0 127.0.0.1 0").split()
    ours = os.environ.get("RAMLAB_HOST_ADDRESS", ours)
    address = order["address"] or theirs
    scheduler = f"tls://{f'[{address}]' if ':' in address else address}:{order['port']}"
    async with AsyncExitStack() as stack:
        nannies = [
            await stack.enter_async_context(
                Nanny(
                    scheduler, nthreads=1, resources=ONE_VM, security=security, host=ours, memory_limit=0,
                    death_timeout=DEATH_SECONDS,
                )
            )
            for _ in range(order["workers"])
        ]  # fmt: skip
        ends = [nanny.finished() for nanny in nannies] + ([_end_of_input()] if until_input_ends else [])
        await asyncio.wait([asyncio.ensure_future(end) for end in ends], return_when=asyncio.FIRST_COMPLETED)


async def _end_of_input() -> None:
    """Return when whoever started us has gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


if __name__ == "__main__":
    main()
