"""The one way to a host: run a script, know that it came to its end, get text that no byte can break."""

import shlex
from typing import TYPE_CHECKING, Any

from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host

_END = b"\nchecker-end\n"
HOST_PROC = "HOST_PROC"
"""Variable of the host's environment. In a container it names a folder where the /proc of the kernel's first pid
namespace is mounted; without it, pids and cgroups are taken for what the kernel log calls them."""


def run(host: "Host", script: str, *arguments: str, what: str) -> str:
    r"""Run a POSIX shell script on the host, one round trip; its standard output, without the frame.

    `what` names the surface in errors. Bytes that are no UTF-8 arrive as `\xNN`, so that every text can be
    printed. Raises ReadError when the script says so (an exit status other than 0) or when the output is cut
    off.
    """
    # `exec sh -c` reads the same in any login shell. The mark at the end, which a script that is killed never
    # prints, tells an empty answer from one that was cut off. No script may exec, or its trap is gone; a
    # subshell would do without that rule, but costs 15 ms under emulation.
    framed = f"trap 'printf \"\\nchecker-end\\n\"' EXIT\n{script}"
    command = shlex.join(["exec", "sh", "-c", framed, "checker", *arguments])
    # Without arguments testinfra passes the command on as it is, percent signs and all.
    result: Any = host.run(command)
    # Not `.stdout`: testinfra asks a python on the host for its encoding, and stumbles over binary.
    output: bytes = result.stdout_bytes
    if result.rc == 0 and output.endswith(_END):
        return text(output[: -len(_END)])
    said = text(result.stderr_bytes).strip() or "nothing on stderr"
    raise ReadError(
        f"{what} could not be read: exit status {result.rc}, {len(output)} bytes"
        f"{'' if result.rc else ' and no end mark'}; it said: {said}",
        hint=f"run it by hand on the host:\n{command}",
    )


def text(data: bytes) -> str:
    r"""Text of what a kernel or process wrote: UTF-8; other bytes as `\xNN`."""
    return data.decode("utf-8", "backslashreplace")


def shown(line: str, limit: int = 160) -> str:
    """A line as it goes into a message: quoted, and no longer than a message bears."""
    return repr(line if len(line) <= limit else line[:limit] + "...")
