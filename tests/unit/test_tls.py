"""A two-way stream over TLS behaves as one without; and whose certificates are taken."""

import socket
import ssl
import threading
from contextlib import contextmanager, suppress

import pytest
from docker.tls import TLSConfig

from containers import engines, tls
from containers.errors import HostCannot

MUCH = 3_000_000


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for name in ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_TLS", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@contextmanager
def connection(certificates, server, *, name="cert"):
    """Our end of a TLS connection to `server`, a function of its own thread."""
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "ca.pem")
    theirs.load_cert_chain(certificates / "server-cert.pem", certificates / "server-key.pem")
    theirs.verify_mode = ssl.CERT_REQUIRED
    files = str(certificates / f"{name}.pem"), str(certificates / f"{name.replace('cert', 'key')}.pem")
    config = TLSConfig(client_cert=files, ca_cert=str(certificates / "ca.pem"), verify=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with suppress(ssl.SSLError), theirs.wrap_socket(listener.accept()[0], server_side=True) as it:
                server(it)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield tls.Tls(*listener.getsockname(), config, seconds=60)
        thread.join(60)
        assert not thread.is_alive()


def all_of(it):
    parts = []
    while part := it.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def test_much_goes_both_ways_at_once_and_each_way_ends_by_itself(certificates):
    got = []

    def server(it):
        it.sendall(b"x" * MUCH)  # and nobody of us both has read yet
        got.append(all_of(it))
        it.sendall(b"after the end")

    with connection(certificates, server) as way, way.open() as stream:
        sender = threading.Thread(target=lambda: (stream.sendall(b"y" * MUCH), stream.shutdown(socket.SHUT_WR)))
        sender.start()
        came = all_of(stream)
        sender.join()

    assert came == b"x" * MUCH + b"after the end"
    assert got == [b"y" * MUCH]


@pytest.mark.parametrize("half", [True, False])
def test_who_hangs_up_is_gone_for_the_other_end(certificates, half):
    ended = threading.Event()

    def server(it):
        assert all_of(it) == b"hello"
        ended.set()

    with connection(certificates, server) as way:
        stream = way.open()
        stream.sendall(b"hello")
        if half:
            stream.shutdown(socket.SHUT_WR)
        stream.close()
        assert ended.wait(60)


def test_an_end_that_does_not_know_us(certificates):
    """It says so after the handshake, which is over for us by then."""
    with connection(certificates, lambda it: it.recv(1), name="server-cert") as way, suppress(OSError):
        stream = way.open()
        stream.sendall(b"hello")
        all_of(stream)

    assert "alert" in way.last_words() or "certificate" in way.last_words(), way.last_words()


def test_files_are_remembered_with_an_address(certificates, state, monkeypatch):
    url = "tcp://127.0.0.1:2376"
    assert tls.noted(url) is None
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(certificates))
    tls.note(url, tls.of_environment())
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "")

    kept = tls.noted(url)

    assert (kept.ca_cert, kept.verify) == (str(certificates / "ca.pem"), True)
    assert kept.cert == (str(certificates / "cert.pem"), str(certificates / "key.pem"))
    assert tls.of_environment() is None
    assert tls.noted("tcp://127.0.0.1:2375") is None
    tls.note(url, None)
    assert tls.noted(url) is None


def test_certificates_that_are_not_there(state, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(state / "none"))

    with pytest.raises(HostCannot, match=r"certificates for tcp://127\.0\.0\.1:9 cannot be used") as told:
        engines.connect()
    assert "DOCKER_CERT_PATH" in told.value.hint
