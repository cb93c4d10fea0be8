"""A command or a shell in a `docker` machine, with our own streams: what `ssh` is for a `vm`.

usage: python -m containers.attach FOLDER DOOR tty|pipe [COMMAND]     its exit status is the command's

255 stands for a connection that was lost, as with ssh.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import termios
import tty
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from containers import docker_machine, engines
from containers.errors import RamlabError
from containers.streams import FOR_EVER, STDERR, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

LOST = 255


def main(folder: str, door: str, how: str, command: str | None = None) -> int:
    """Run it to its end."""
    machine = docker_machine.load(Path(folder))
    if machine is None:
        return LOST
    terminal = how == "tty"
    this = machine.learner if door == "learner" else machine.examiner
    words = this.words(command, term=os.environ.get("TERM", "dumb"))
    engine = machine.engine
    with engines.explained(engine.url):
        made = engine.api.exec_create(this.container, words, stdin=True, tty=terminal)["Id"]
        stream = Stream(engine.api.exec_start(made, tty=terminal, socket=True))

    def fit(*_: object) -> None:
        size = os.get_terminal_size(sys.stdin.fileno())
        with suppress(Exception):  # the program may have ended meanwhile
            engine.api.exec_resize(made, height=size.lines, width=size.columns)

    if terminal:
        signal.signal(signal.SIGWINCH, fit)
        fit()
        with _raw(sys.stdin.fileno()):
            _pump(stream, terminal=True)
    else:
        _pump(stream, terminal=False)
    with engines.explained(engine.url):
        status = engine.api.exec_inspect(made)["ExitCode"]
    return LOST if status is None or not machine.alive() else int(status)


def _pump(stream: Stream, *, terminal: bool) -> None:
    """Pass our input on and its output back, until its output ends."""
    if not terminal:
        _copy_input(stream)
        for number, data in stream.frames(FOR_EVER):
            os.write(2 if number == STDERR else 1, data)
        return
    sources = [stream.socket, sys.stdin]
    if early := stream.early():
        os.write(1, early)
    while True:
        ready = select.select(sources, [], [])[0]
        if stream.socket in ready:
            data = stream.socket.recv(1 << 16)
            if not data:
                return
            os.write(1, data)
        if sys.stdin in ready:
            typed = os.read(sys.stdin.fileno(), 1 << 12)
            if typed:
                stream.socket.sendall(typed)
            else:
                sources.remove(sys.stdin)


def _copy_input(stream: Stream) -> None:
    import socket
    import threading

    def work() -> None:
        with suppress(OSError):
            while data := os.read(0, 1 << 16):
                stream.socket.sendall(data)
            stream.socket.shutdown(socket.SHUT_WR)

    threading.Thread(target=work, daemon=True).start()


@contextmanager
def _raw(terminal: int) -> Iterator[None]:
    """Let every key through to the other side, and give the terminal back as it was."""
    before = termios.tcgetattr(terminal)
    flags = fcntl.fcntl(terminal, fcntl.F_GETFL)
    try:
        tty.setraw(terminal)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        fcntl.fcntl(terminal, fcntl.F_SETFL, flags)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except RamlabError as error:
        print(f"ramlab: {error.message}", file=sys.stderr)
        sys.exit(LOST)
