"""A real workshop on loopback, and what it takes: its processes, their memory and time on the CPUs."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Self

import pexpect

LAB = "05_oom"
RAMLAB = (sys.executable, "-P", "-m", "ramlab.cli")
SWAP_MIB, TOUCHED_MIB = 384, 420
"""Of the machines that thrash, which have 256 MiB."""
_TICKS = os.sysconf("SC_CLK_TCK")
_SEAT = re.compile(r"-m\0ramlab\.workshop\.seat\0([^\0]+)\0+$")


class Workshop:
    """`ramlab workshop up --demo`, in folders of its own. It is ended by `ramlab workshop down`."""

    def __init__(self, seats: int, *, warm: bool) -> None:
        # Short: the paths of unix sockets have 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="rw-", dir="/tmp"))
        self.seats, self.warm = seats, warm
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.mark = f"XDG_RUNTIME_DIR={self.folder / 'run'}\0".encode()
        (self.folder / "run").mkdir()
        self.environment = {
            **os.environ, "XDG_STATE_HOME": str(self.folder / "state"), "XDG_RUNTIME_DIR": str(self.folder / "run"),
        }  # fmt: skip
        self.home = self.folder / "state" / "ramlab" / "workshops" / "workshop"
        self.log = self.folder / "up.log"
        self.password = ""
        self.up_seconds = self.warm_seconds = self.down_seconds = 0.0
        """`warm_seconds`: from the link until a machine waits for each who will come."""
        self.left: list[str] = []
        """What was still there after `down`."""

    def __enter__(self) -> Self:
        begun = time.perf_counter()
        (self.folder / "workshop.toml").write_text("" if self.warm else "warm = 0\n")
        words = ["workshop", "up", "--demo", "--seats", str(self.seats), "--port", str(self.port)]
        with self.log.open("w") as log:
            self._up = subprocess.Popen(
                [*RAMLAB, *words], stdout=log, stderr=log, env=self.environment, cwd=self.folder, start_new_session=True
            )
        self.password = self._said(r"instructor, password (\S+)")
        self._said("Ctrl-C")
        self.up_seconds = time.perf_counter() - begun
        if self.warm:
            self._said(f"{self.seats} machines are up")
            self.warm_seconds = time.perf_counter() - begun - self.up_seconds
        return self

    def _said(self, words: str) -> str:
        """Wait until `up` has said this; its last group."""
        while not (said := re.search(words, self.log.read_text())):
            if self._up.poll() is not None:
                raise RuntimeError(f"the workshop did not begin: {self.log.read_text()[-1500:]}")
            time.sleep(0.05)
        return said[said.lastindex or 0]

    def __exit__(self, *exception: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave machines behind
        self.down()
        for pid in self.processes():
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def down(self) -> str:
        """End it; what that said."""
        if not self.home.exists():
            return ""
        begun = time.perf_counter()
        done = subprocess.run(
            [*RAMLAB, "workshop", "down", "--out", str(self.folder / "export")],
            env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        self.down_seconds = time.perf_counter() - begun
        with suppress(subprocess.TimeoutExpired):
            self._up.wait(30)
        self.left = [_words(pid)[:120] for pid in self.processes()]
        # How long steps took is kept for the next progress line; it is no workshop's.
        paths = [path for path in (self.folder / "state").rglob("*") if path.is_file() and path.stem != "durations"]
        self.left += [str(path) for path in paths]
        return done.stdout + done.stderr

    def processes(self) -> list[int]:
        """All of this workshop: they have our folder in their environment."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if self.mark in path.read_bytes() and int(path.parent.name) != os.getpid():
                    found.append(int(path.parent.name))
        return found

    def of_seats(self) -> dict[str, list[int]]:
        """Processes by participant; under the empty name those that are all seats'."""
        found: dict[str, list[int]] = defaultdict(list)
        whose = self._stand_ins()
        for pid in self.processes():
            with suppress(OSError):
                words = _words(pid)
                owner = re.search(r"[0-9]{2}_[a-z_]+@([A-Za-z0-9.-]+)", words)
                user = _SEAT.search(words)
                name = user[1] if user else owner[1] if owner else ""
                found[whose.get(name, name)].append(pid)
        return found

    def shell(self, name: str) -> "Shell":
        """A shell in the seat's machine without the workshop: `ramlab shell` in a terminal of this computer."""
        student = next((other for other, who in self._stand_ins().items() if who == name), name)
        environment = {**self.environment, "XDG_STATE_HOME": str(self.home / "seats")}
        return Shell([*RAMLAB, "shell", LAB, "--student", student], environment)

    def _stand_ins(self) -> dict[str, str]:
        """Participants by the student that each is to the labs."""
        files = (self.home / "seats" / "ramlab" / "seats").glob("*.json")
        known = {path.stem: json.loads(path.read_text()) for path in files}
        return {one["as"]: name for name, one in known.items() if "as" in one}

    def what(self, pid: int) -> str:
        """What a process of a seat is."""
        words = _words(pid)
        return "seat" if _SEAT.search(words) else Path(words.split("\0")[0]).name

    def seat(self, name: str) -> int:
        """The number of a seat's own process."""
        return next(pid for pid in self.of_seats()[name] if _SEAT.search(_words(pid)))

    def machine(self, name: str) -> int:
        """The number of the process that is its machine."""
        return next(pid for pid in self.of_seats()[name] if "qemu-system" in _words(pid).split("\0")[0])


class Shell:
    """What a program sees that types into a terminal."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        self._child = pexpect.spawn(argv[0], argv[1:], env=environment, dimensions=(30, 100), timeout=120)
        self._child.delaybeforesend = None
        self._child.expect("# ")

    def echo(self) -> float:
        """Seconds from a key to its echo."""
        begun = time.perf_counter()
        self._child.send("x")
        self._child.expect_exact("x")
        return time.perf_counter() - begun

    def rate(self, lines: int) -> float:
        """MB/s of output."""
        self._child.send("\x15")
        self._child.sendline(f"yes {'.' * 98} | head -n {lines} > /dev/shm/output; echo do''ne")
        self._child.expect_exact("done\r\n")
        begun = time.perf_counter()
        self._child.sendline("cat /dev/shm/output; rm /dev/shm/output; echo do''ne")
        count, end = 0, b""
        while b"done\r\n" not in end:
            said = self._child.read_nonblocking(1 << 16, timeout=120)
            count, end = count + len(said), (end + said)[-100:]
        return count / 1e6 / (time.perf_counter() - begun)

    def close(self) -> None:
        """Leave it."""
        self._child.close(force=True)


def pss(pids: list[int]) -> float:
    """MB (10^6 bytes) that these processes take: shared pages are divided among those who share them."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total * 1024 / 1e6


def cpu(pid: int) -> float:
    """Seconds that a process has had of the CPUs."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


THRASH = (
    f"fallocate -l {SWAP_MIB}M /thrash.swap && chmod 600 /thrash.swap && mkswap -q /thrash.swap && swapon /thrash.swap"
    " && echo -1000 > /proc/self/oom_score_adj && python3 -c '\n"
    f"room = bytearray({TOUCHED_MIB} << 20)\nwhile True:\n    for place in range(0, len(room), 4096):\n"
    "        room[place] = (room[place] + 1) % 256\n' &"
)
"""Typed into a machine's shell: more is touched again and again than the machine has memory."""
