"""HTTP to an engine through ssh, one session a connection.

The SDK's own has no socket to write to while a stream is read, nor can it say that there is no more to come; `exec`
needs both. Here a connection is one end of a socket pair, and the session has the other for input and output.
"""

import socket
import subprocess

from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool


class _Connection(UnixHTTPConnection):
    def __init__(self, argv: list[str], timeout: int) -> None:
        super().__init__("", "", timeout)
        self._argv = argv
        self._seconds = timeout

    def connect(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # It ends with the connection: its input does.
            end = theirs.fileno()
            subprocess.Popen(self._argv, stdin=end, stdout=end, stderr=subprocess.DEVNULL, start_new_session=True)
        ours.settimeout(self._seconds)
        self.sock = ours


class _Pool(UnixHTTPConnectionPool):
    def __init__(self, url: str, argv: list[str], timeout: int, size: int) -> None:
        super().__init__(url, "", timeout=timeout, maxsize=size)
        self._argv = argv
        self._seconds = timeout

    def _new_conn(self) -> _Connection:  # type: ignore[override] # the SDK's says what it never gives
        return _Connection(self._argv, self._seconds)


class SshAdapter(UnixHTTPAdapter):
    """To be mounted where the SDK has its adapter for a local socket."""

    def __init__(self, argv: list[str], timeout: int) -> None:
        super().__init__("http+unix:///unused", timeout=timeout)
        self._pool = _Pool("http+docker://localhost", argv, timeout, self.max_pool_size)

    def close(self) -> None:
        """End all sessions."""
        self._pool.close()
        super().close()

    def get_connection(self, url: bytes | str, proxies: object = None) -> _Pool:
        """The one pool. The SDK has one per URL, which for a local socket costs nothing: here each is a session."""
        del url, proxies
        return self._pool
