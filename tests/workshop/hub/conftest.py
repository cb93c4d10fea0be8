"""Workshops with the real hub, proxy, board and culler; the seats are doors without a machine."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

HERE = Path(__file__).parent
PLAIN = """
import sys
from ramlab import cli
from ramlab.workshop import running, spawners, terms
spawners.SEAT = ("-m", "plain_seat")
running._make_templates = lambda *_: None
terms.Terms.warm_machines = 0
sys.exit(cli.main())
"""
"""The command line, with the seats of this folder."""
TERMS = """
title = "Testing <memory>"
labs = ["05_oom", "01"]
seats = 4
instructors = ["grace"]
[sign_in]
by = "code"
code = "open sesame"
"""
SECRET = "correct horse"  # noqa: S105 -- nobody's
WAIT = 90.0
"""Seconds that something may take on a host that is busy; whatever is waited for comes at once on others."""


def until(what, *, seconds=WAIT):
    """The first truth that `what` gives."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = what()
        except requests.ConnectionError:
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(0.1)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Workshop:
    """One that runs as a process of its own."""

    def __init__(self, home, terms=TERMS, *options):
        self.home, self.port = home, free_port()
        (home / "workshop.toml").write_text(terms)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(HERE),
            "XDG_STATE_HOME": str(home / "state"),
            "RAMLAB_LABS": str(HERE.parents[2] / "labs"),
        }
        self.folder = home / "state/ramlab/workshops/workshop"
        self.url = f"http{'s' if 'tls_key' in terms else ''}://127.0.0.1:{self.port}"
        self.options = options
        self.up = None

    def command(self, *words):
        return [sys.executable, "-c", PLAIN, "workshop", *words]

    def run(self, *words):
        return subprocess.run(
            self.command(*words),
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def start(self):
        log = (self.home / "up.log").open("wb")
        self.up = subprocess.Popen(
            self.command("up", "--port", str(self.port), *self.options),
            cwd=self.home,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        until(lambda: "Ctrl-C" in self.said() or self.up.poll() is not None, seconds=300)
        assert self.up.poll() is None, self.said()

    def said(self):
        return (self.home / "up.log").read_text()

    def password_of(self, instructor):
        return re.search(rf"{instructor}, password (\S+)", self.said())[1]

    def pid(self, name):
        return json.loads((self.folder / "processes.json").read_text())[name]["pid"]

    def processes(self):
        """All that were started for it."""
        marks = {f"XDG_STATE_HOME={self.folder / 'seats'}".encode(), f"RAMLAB_WORKSHOP_FOLDER={self.folder}".encode()}
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if marks & set((entry / "environ").read_bytes().split(b"\0")):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found


class Browser(requests.Session):
    """A browser as far as cookies and redirects go."""

    def __init__(self, url):
        super().__init__()
        self.url = url
        self.trust_env = False

    def form(self, page, **fields):
        self.get(f"{self.url}/hub/{page}")
        token = next(cookie.value for cookie in self.cookies if cookie.name == "_xsrf" and cookie.path == "/hub/")
        return self.post(f"{self.url}/hub/{page}", data={"_xsrf": token, **fields})

    def sign_up(self, name, secret=SECRET, code="open sesame", again=None):
        return self.form(
            "signup", username=name, signup_password=secret, signup_password_confirmation=again or secret, code=code
        )

    def log_in(self, name, secret=SECRET):
        return self.form("login", username=name, password=secret)

    def sit(self, name):
        """The seat's own words, when it has been opened; asked for again and again, as the page's script does."""

        def opened():
            self.get(f"{self.url}/hub/spawn/{name}")
            return self.get(f"{self.url}/user/{name}/api/health").status_code == 200

        until(opened)
        return self.get(f"{self.url}/user/{name}/")


@pytest.fixture(scope="module")
def start(tmp_path_factory, node):
    """Starts a workshop on terms; all that were are ended with the file's tests."""
    started = []

    def begin(terms=TERMS, *options):
        one = Workshop(tmp_path_factory.mktemp("workshop"), terms, *options)
        started.append(one)
        one.start()
        return one

    yield begin
    wrong = []
    for one in started:
        done = one.run("down") if one.folder.exists() else None  # a test may have ended it
        if one.up and one.up.poll() is None:
            wrong.append(f"up was still there: {one.said()}")
            one.up.kill()
            one.up.wait()
        if done and (done.returncode or one.processes()):
            wrong.append(f"{done.stdout}{done.stderr}{one.processes()}")
    assert not wrong, wrong


@pytest.fixture(scope="module")
def workshop(start):
    return start()


def who_sits(name):
    @pytest.fixture(scope="module")
    def person(workshop):
        browser = Browser(workshop.url)
        browser.sign_up(name)
        browser.sit(name)
        return browser

    return person


ada, bob = who_sits("ada"), who_sits("bob")


@pytest.fixture(scope="module")
def grace(workshop):
    browser = Browser(workshop.url)
    browser.answer = browser.log_in("grace", workshop.password_of("grace"))
    return browser


@pytest.fixture(scope="session")
def browser_of():
    """A new browser for a workshop."""
    return lambda workshop: Browser(workshop.url)


@pytest.fixture(scope="session", name="until")
def waits():
    return until
