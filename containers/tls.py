"""TLS to a container engine: whose certificates, and the way there."""

from __future__ import annotations

import hashlib
import json
import os
import select
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

from docker.tls import TLSConfig

from containers import paths

PORT = 2376
"""Where an engine listens for TLS unless its address says otherwise."""
_PIECE = 1 << 16


def of_environment() -> TLSConfig | None:
    """What DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH ask for. Raises docker's TLSParameterError."""
    verify = bool(os.environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not os.environ.get("DOCKER_TLS"):
        return None
    folder = Path(os.environ.get("DOCKER_CERT_PATH") or Path.home() / ".docker")
    return config(str(folder / "ca.pem"), str(folder / "cert.pem"), str(folder / "key.pem"), verify=verify)


def config(ca: str | None, cert: str | None, key: str | None, *, verify: bool) -> TLSConfig:
    """From the files' names. Raises docker's TLSParameterError: certificate and key go together, and must be there."""
    return TLSConfig(client_cert=(cert or "", key or "") if cert or key else None, ca_cert=ca, verify=verify)


def note(url: str, used: TLSConfig | None) -> None:
    """Remember which files an engine was reached with: who stops a machine there may have another environment."""
    path = _note(url)
    if used is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps([used.ca_cert, *(used.cert or (None, None)), bool(used.verify)]))
    draft.rename(path)


def noted(url: str) -> TLSConfig | None:
    """What `note` was told of this address. Raises docker's TLSParameterError: the files are gone."""
    try:
        ca, cert, key, verify = json.loads(_note(url).read_text())
    except (OSError, ValueError):
        return None
    return config(ca, cert, key, verify=verify)


class Tls:
    """A `transport.Way`. The SDK's own cannot say that no more comes, which TLS itself can.

    Nor may a connection of Python's be read and written by two threads, which streams do: here one thread does both.
    """

    def __init__(self, host: str, port: int, config: TLSConfig, *, seconds: float) -> None:
        self._address = (host, port)
        self._seconds = seconds
        self._error = ""
        self._context = ssl.create_default_context(cafile=config.ca_cert if config.verify else None)
        if not config.verify:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        if config.cert:
            self._context.load_cert_chain(*config.cert)

    def open(self) -> socket.socket:
        """See `transport.Way.open`. Raises OSError, of which ssl.SSLError is one."""
        wire = socket.create_connection(self._address, self._seconds)
        tls = _Coder(self._context, self._address[0])
        try:
            tls.shake_hands(wire)
        except BaseException as error:
            self._error = str(error) if isinstance(error, ssl.SSLError) else ""
            wire.close()
            raise
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._pass_on, args=(wire, tls, theirs), daemon=True).start()
        return ours

    def last_words(self) -> str:
        """See `transport.Way.last_words`: an engine says only after the handshake that it does not know us."""
        return self._error

    def _pass_on(self, wire: socket.socket, tls: _Coder, theirs: socket.socket) -> None:
        with wire, theirs:
            try:
                _pass_on(wire, tls, theirs)
            except ssl.SSLError as error:
                self._error = str(error)
            except OSError:
                pass  # the one who reads it learns that it has ended


class _Coder:
    """The encoding, without a socket."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._come, self._go = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._come, self._go, server_hostname=host)

    def shake_hands(self, wire: socket.socket) -> None:
        """Agree on keys. Raises ssl.SSLError: somebody is not whom the other one trusts."""
        done = False
        while not done:
            try:
                self._tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            finally:
                wire.sendall(self._go.read())
            if not done:
                self._take(wire.recv(_PIECE))

    def encode(self, data: bytes) -> None:
        """Nothing says that no more comes."""
        if data:
            self._tls.write(data)
        else:
            # It says so, and then looks for the other side's end, which has not come: all that came was decoded.
            with suppress(ssl.SSLWantReadError):
                self._tls.unwrap()

    def encoded(self) -> bytes:
        """What is to be sent."""
        return self._go.read()

    def decode(self, data: bytes | None) -> tuple[bytes, bool]:
        """What it means, and whether more may come. Nothing: the connection has ended; None: there is no news of it."""
        if data is not None:
            self._take(data)
        parts: list[bytes] = []
        while True:
            try:
                part = self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                return b"".join(parts), True
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                part = b""
            if not part:
                return b"".join(parts), False
            parts.append(part)

    def _take(self, data: bytes) -> None:
        if data:
            self._come.write(data)
        else:
            self._come.write_eof()


def _pass_on(wire: socket.socket, tls: _Coder, theirs: socket.socket) -> None:
    """Until the engine has no more to say, or nobody is there to hear it. Raises OSError."""
    wire.setblocking(False)
    theirs.setblocking(False)
    going, more_goes = b"", True
    come, more_comes = tls.decode(None)
    while come or more_comes:
        going += tls.encoded()
        both = select.poll()
        # With no event asked for, this one still says that it was closed, and not only that no more comes.
        both.register(theirs, (select.POLLIN if more_goes and not going else 0) | (select.POLLOUT if come else 0))
        if wanted := (0 if come else select.POLLIN) | (select.POLLOUT if going else 0):
            both.register(wire, wanted)
        ready = dict(both.poll())
        ours, its = ready.get(theirs.fileno(), 0), ready.get(wire.fileno(), 0)
        if ours & (select.POLLHUP | select.POLLERR):
            while more_goes and (data := theirs.recv(_PIECE)):
                tls.encode(data)
            wire.setblocking(True)
            wire.sendall(going + tls.encoded())
            return
        if ours & select.POLLOUT:
            come = come[theirs.send(come) :]
        elif its & ~select.POLLOUT and not come:
            come, more_comes = tls.decode(wire.recv(_PIECE))
        if its & select.POLLOUT:
            going = going[wire.send(going) :]
        elif ours & select.POLLIN:
            data = theirs.recv(_PIECE)
            more_goes = bool(data)
            tls.encode(data)


def _note(url: str) -> Path:
    return paths.state() / "tls" / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"
