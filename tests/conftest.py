"""What all of the suite's own tests share."""

import datetime as dt
import ipaddress
import os
import shutil
import signal

import pytest

from containers import machines, programs, qemu
from containers.errors import HostCannot

PATIENCE = 300_000
"""Milliseconds that a page is waited for; this only ends what hangs."""


def pytest_configure():
    os.environ.setdefault(machines.HASTY, "1")  # nobody keeps a test's machine
    # Who starts the suite in the background of a script, or with nohup, ignores these; and so would all that we start,
    # whose answer to them is what some tests are about.
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    # The one reason for a machine's test to be skipped. Whatever else this host cannot (no image, a full disk) is an
    # error: as a skip it would hide all of these tests, and leave a green run that has tried nothing.
    if item.get_closest_marker("machine"):
        try:
            programs.need(qemu.BINARY)
        except HostCannot as reason:
            pytest.skip(str(reason))


def need(program):
    """Where the program is. What `make test` installs is missing only where it could not: then the test is skipped."""
    found = shutil.which(program)
    if not found or (program == "chromium" and found.startswith("/snap/")):  # sees neither our /tmp nor our switches
        pytest.skip(f"needs {program}: `make test` installs it where that can be done, see containers/host/setup.sh")
    return found


@pytest.fixture(scope="session")
def node():
    return need("node")


@pytest.fixture(scope="module")  # not longer: its loop runs in this thread, and the tests of machines have their own
def chromium():
    """Debian's Chromium, driven by Playwright; no host but this one can be reached from it."""
    from playwright.sync_api import expect, sync_playwright

    switches = [
        "--disable-background-networking", "--disable-component-update", "--disable-gpu", "--disable-sync",
        "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        *(["--no-sandbox"] if os.getuid() == 0 else []),
    ]  # fmt: skip
    program = need("chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=switches)
        yield browser
        browser.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """As --dist loadfile, but the guide's pages, which have a machine each, may be run beside each other."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return nodeid if "guide/test_pages.py" in nodeid else super()._split_scope(nodeid)

    return Scheduling(config, log)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A folder as DOCKER_CERT_PATH names one, with the engine's own certificate, for 127.0.0.1, beside it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    folder = tmp_path_factory.mktemp("certificates")
    now = dt.datetime.now(dt.UTC)

    def sign(word, extension, signer):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, word)])
        issuer, signing = signer or (name, key)
        builder = x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(days=1))
        builder = builder.not_valid_after(now + dt.timedelta(days=30))
        for one in extension:
            builder = builder.add_extension(one, critical=False)
        pem = serialization.Encoding.PEM
        form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        signed = builder.sign(signing, hashes.SHA256()).public_bytes(pem)
        return name, key, signed, key.private_bytes(pem, *form)

    name, key, signed, _ = sign("authority of tests", [x509.BasicConstraints(ca=True, path_length=None)], None)
    (folder / "ca.pem").write_bytes(signed)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    for prefix, purpose in (("", ExtendedKeyUsageOID.CLIENT_AUTH), ("server-", ExtendedKeyUsageOID.SERVER_AUTH)):
        *_, signed, private = sign(f"{prefix}tests", [here, x509.ExtendedKeyUsage([purpose])], (name, key))
        (folder / f"{prefix}cert.pem").write_bytes(signed)
        (folder / f"{prefix}key.pem").write_bytes(private)
    return folder
