"""HTTP to an engine through something else than a plain socket: ssh, one session a connection, or TLS.

The SDK's own ways have no socket to write to while a stream is read, nor can they say that there is no more to come;
`exec` needs both. Here a connection is one end of a socket pair, and whoever leads to the engine has the other.
"""

import socket
import subprocess
import tempfile
from typing import Protocol

from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool


class Way(Protocol):
    """Leads to an engine."""

    def open(self) -> socket.socket:
        """A new connection; who shuts its sending half down has said that no more comes."""

    def last_words(self) -> str:
        """Why a connection failed, so far as it is known."""


class Ssh:
    """A `Way` by a command whose standard input and output are the engine's."""

    def __init__(self, argv: list[str]) -> None:
        self._argv = argv
        self._said = tempfile.TemporaryFile("ab+")  # noqa: SIM115 -- it ends with this

    def open(self) -> socket.socket:
        """See `Way.open`."""
        ours, theirs = socket.socketpair()
        with theirs:
            # It ends with the connection: its input does.
            end = theirs.fileno()
            subprocess.Popen(self._argv, stdin=end, stdout=end, stderr=self._said, start_new_session=True)
        return ours

    def last_words(self) -> str:
        """See `Way.last_words`: the last line that a session complained with."""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip()[:300] if lines else ""


class Adapter(UnixHTTPAdapter):
    """To be mounted where the SDK has its adapter for a local socket."""

    def __init__(self, way: Way, timeout: int) -> None:
        super().__init__("http+unix:///unused", timeout=timeout)
        self._pool = _Pool("http+docker://localhost", way, timeout, self.max_pool_size)

    def close(self) -> None:
        """End all connections."""
        self._pool.close()
        super().close()

    def get_connection(self, url: bytes | str, proxies: object = None) -> "_Pool":
        """The one pool. The SDK has one per URL, which for a local socket costs nothing: here each is a session."""
        del url, proxies
        return self._pool


class _Connection(UnixHTTPConnection):
    def __init__(self, way: Way, timeout: int) -> None:
        super().__init__("", "", timeout)
        self._way = way
        self._seconds = timeout

    def connect(self) -> None:
        self.sock = self._way.open()
        self.sock.settimeout(self._seconds)


class _Pool(UnixHTTPConnectionPool):
    def __init__(self, url: str, way: Way, timeout: int, size: int) -> None:
        super().__init__(url, "", timeout=timeout, maxsize=size)
        self._way = way
        self._seconds = timeout

    def _new_conn(self) -> _Connection:  # type: ignore[override] # the SDK's says what it never gives
        return _Connection(self._way, self._seconds)
