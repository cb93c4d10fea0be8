"""The two ways into a `vm` machine: ssh with pinned host keys, multiplexed over one connection per door."""

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from containers.errors import MachineError
from containers.machine import Result

CONNECT_SECONDS = 60
"""How long a door may take to open: a thrashing guest answers late, and that is normal in these labs."""
KEPT_SECONDS = 600
"""How long an unused connection stays open."""


@dataclass(kw_only=True)
class SshDoor:
    """One ssh server of a machine. See `containers.machine.Door`."""

    name: str
    port: int
    keys: Path
    """Folder of the template's private keys and its `known_hosts`."""
    socket: Path
    """The multiplexed connection's control socket."""
    used: Path
    """Touched at each use: what the idle limit looks at."""
    diagnose: Callable[[], MachineError]
    """Says why the door does not answer."""
    alive: Callable[[], bool] = field(default=lambda: True)
    """Whether it is worth knocking again."""
    _opener: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def run(self, command: str, *, stdin: str | bytes = "", timeout: float = 120) -> Result:
        """See `Door.run`. The reply is framed by a nonce: without the frame it is no reply."""
        nonce = os.urandom(8).hex()
        # eval in a subshell: a syntax error or an `exit` in the command cannot take the frame away.
        framed = f"( eval {shlex.quote(command)} )\nprintf '\\n{nonce} %d' $? >&2"
        self.open()
        self.used.touch()
        data = stdin.encode() if isinstance(stdin, str) else stdin
        try:
            done = subprocess.run(self._ssh(framed), input=data, capture_output=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as error:
            cause = self.diagnose()
            raise MachineError(
                f"no reply at the {self.name}'s door within {timeout:.0f} s to: {command[:200]}\n{cause.message}",
                hint=cause.hint,
            ) from error
        stderr, frame, status = done.stderr.decode(errors="surrogateescape").rpartition(f"\n{nonce} ")
        if not frame or not status.isdecimal():
            raise self.diagnose()
        return Result(
            command=command, status=int(status), stdout=done.stdout.decode(errors="surrogateescape"), stderr=stderr
        )

    def argv(self, command: str | None = None, *, tty: bool = False) -> list[str]:
        """See `Door.argv`."""
        self.used.touch()
        return self._ssh(command, "-tt" if tty else "-T")

    def open(self) -> None:
        """Have the shared connection, so that a command needs no handshake (0.2 s under emulation)."""
        if self.socket.exists():
            return
        deadline = time.monotonic() + CONNECT_SECONDS
        while not self.socket.exists():
            opener = self.begin_opening()
            if opener.poll() is not None and not self.socket.exists():
                # Refused: PID 1 may be just about to open the door again, after a `kill -9 -1`.
                if time.monotonic() > deadline or not self.alive():
                    raise self.diagnose()
                time.sleep(0.2)
            elif time.monotonic() > deadline:
                opener.kill()
                opener.wait()
                raise self.diagnose()
            time.sleep(0.002)

    def begin_opening(self) -> "subprocess.Popen[bytes]":
        """Start to open the shared connection, unless that is under way, and do not wait for it."""
        if self._opener is None or self._opener.poll() is not None:
            # -N: no command, so no shell starts in the guest; ssh leaves for the background once it is connected.
            options = ["-N", "-o", "ControlMaster=yes", "-o", f"ControlPersist={KEPT_SECONDS}"]
            self._opener = subprocess.Popen(
                self._ssh(None, *options),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return self._opener

    def close(self) -> None:
        """End the shared connection."""
        if self.socket.exists():
            subprocess.run(self._ssh(None, "-O", "exit"), capture_output=True, timeout=20, check=False)
            self.socket.unlink(missing_ok=True)

    def _ssh(self, command: str | None, *options: str) -> list[str]:
        fixed = {
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": str(self.keys / "known_hosts"),
            "GlobalKnownHostsFile": "none",
            "StrictHostKeyChecking": "yes",
            "HostKeyAlias": self.name,
            "BatchMode": "yes",
            "LogLevel": "ERROR",
            "ConnectTimeout": str(CONNECT_SECONDS),
            "ControlPath": str(self.socket),
            # The cheapest for an emulated CPU; the connection does not leave this host.
            "KexAlgorithms": "curve25519-sha256",
            "HostKeyAlgorithms": "ssh-ed25519",
            "GSSAPIAuthentication": "no",
            "IPQoS": "none",
            # Since 9.5 what is typed goes in steps of 20 ms, so that nobody on the way learns how fast somebody types.
            "IgnoreUnknown": "ObscureKeystrokeTiming",  # older ones; it has to stand before
            "ObscureKeystrokeTiming": "no",
        }
        words = ["ssh", "-F", "none", "-i", str(self.keys / f"{self.name}.key"), "-p", str(self.port)]
        for name, value in fixed.items():
            words += ["-o", f'{name}="{value}"' if " " in value else f"{name}={value}"]
        return [*words, *options, "root@127.0.0.1", *([] if command is None else ["--", command])]


def make_keys(folder: Path) -> dict[str, str]:
    """A key pair for each door in `folder`; the public halves by the door's name."""
    public = {}
    for name in ("learner", "examiner"):
        path = folder / f"{name}.key"
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"ramlab-{name}", "-f", path],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        public[name] = path.with_suffix(".key.pub").read_text().split()[1]
        path.with_suffix(".key.pub").unlink()
    return public
