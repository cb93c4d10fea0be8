"""`ramlab workshop up`: the real hub, proxy, board and culler; the seats are doors without a machine."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

HERE = Path(__file__).parent
PLAIN = """
import sys
from ramlab import cli
from ramlab.workshop import running, spawners
spawners.SEAT = (sys.argv.pop(1),)
running._make_templates = lambda *_: None
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
            "XDG_STATE_HOME": str(home / "state"),
            "RAMLAB_LABS": str(HERE.parents[1] / "labs"),
        }
        self.folder = home / "state/ramlab/workshops/workshop"
        self.url = f"http://127.0.0.1:{self.port}"
        self.options = options
        self.up = None

    def command(self, *words):
        return [sys.executable, "-c", PLAIN, str(HERE / "plain_seat.py"), "workshop", *words]

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
def workshop(tmp_path_factory):
    if not shutil.which("node"):
        pytest.skip("node is not installed: sudo apt-get install nodejs npm")
    one = Workshop(tmp_path_factory.mktemp("workshop"))
    one.start()
    yield one
    one.run("down")
    if one.up.poll() is None:
        one.up.kill()


@pytest.fixture(scope="module")
def ada(workshop):
    browser = Browser(workshop.url)
    browser.sign_up("ada")
    browser.sit("ada")
    return browser


@pytest.fixture(scope="module")
def bob(workshop):
    browser = Browser(workshop.url)
    browser.sign_up("bob")
    browser.sit("bob")
    return browser


@pytest.fixture(scope="module")
def grace(workshop):
    browser = Browser(workshop.url)
    browser.answer = browser.log_in("grace", re.search(r"grace, password (\S+)", workshop.said())[1])
    return browser


# ---------------------------------------------------------------- who gets in


def test_it_says_what_to_hand_out(workshop):
    said = workshop.said()
    assert f"{workshop.url}/" in said
    assert "open sesame" in said
    assert f"{workshop.url}/services/board/" in said


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "carol", "code": "open barley"}, "That is not the class code"),
        ({"name": "carol", "code": ""}, "That is not the class code"),
        ({"name": "grace"}, "grace is an instructor"),
        ({"name": "GRACE"}, "grace is an instructor"),
        ({"name": "ada"}, "Somebody is ada already"),
        ({"name": "a/b"}, "A name has up to 26 letters"),
        ({"name": "../x"}, "A name has up to 26 letters"),
        ({"name": "x" * 27}, "A name has up to 26 letters"),
        ({"name": "carol", "secret": "short"}, "A password has from 8"),
        ({"name": "carol", "again": "wrong horse"}, "The two passwords differ"),
    ],
)
def test_who_may_not_sign_up_is_told_why(workshop, ada, fields, sentence):
    answer = Browser(workshop.url).sign_up(**fields)
    assert answer.status_code == 400
    assert sentence in answer.text


def test_a_refused_name_has_no_account(workshop):
    Browser(workshop.url).sign_up("dave", code="wrong")
    answer = Browser(workshop.url).log_in("dave")
    assert "Invalid username or password" in answer.text


def test_an_instructor_needs_the_password_that_was_printed(workshop, grace):
    answer = Browser(workshop.url).log_in("grace")
    assert "Invalid username or password" in answer.text
    assert grace.answer.url == f"{workshop.url}/services/board/"
    assert grace.answer.status_code == 200


def test_a_participant_has_one_seat_and_no_other(workshop, ada, bob):
    assert ada.get(f"{workshop.url}/user/ada/").json()["viewer"] == "ada"
    assert ada.get(f"{workshop.url}/user/bob/").status_code == 403
    assert bob.get(f"{workshop.url}/user/ada/").status_code == 403
    assert ada.get(f"{workshop.url}/services/board/").status_code == 403
    assert ada.get(f"{workshop.url}/hub/authorize").status_code == 403


def test_anothers_cookie_under_ones_own_name_opens_nothing(workshop, ada, bob):
    token = next(cookie.value for cookie in ada.cookies if cookie.name == "jupyterhub-user-ada")
    answer = requests.get(
        f"{workshop.url}/user/bob/api/environment", cookies={"jupyterhub-user-bob": token}, timeout=30
    )
    assert answer.status_code == 403
    assert "somebody else's" in answer.json()["message"]


def test_an_instructor_opens_every_seat(workshop, ada, grace):
    assert grace.get(f"{workshop.url}/user/ada/").json() | {"pid": 0} == {"seat": "ada", "viewer": "grace", "pid": 0}


def test_a_stranger_is_sent_to_log_in_and_a_script_is_refused(workshop, ada):
    page = requests.get(f"{workshop.url}/user/ada/", allow_redirects=False, timeout=30)
    assert page.status_code == 302
    assert page.headers["Location"].startswith("/hub/api/oauth2/authorize?")
    script = requests.get(f"{workshop.url}/user/ada/api/environment", allow_redirects=False, timeout=30)
    assert script.status_code == 401


# ---------------------------------------------------------------- the door


def test_logging_in_has_state_and_pkce(workshop, ada):
    sent = requests.get(f"{workshop.url}/user/ada/", allow_redirects=False, timeout=30)
    asked = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    cookie = sent.headers["Set-Cookie"]
    assert asked["state"][0] in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/user/ada/" in cookie
    assert "Secure" not in cookie  # there is no TLS here
    behind_tls = requests.get(
        f"{workshop.url}/user/ada/", allow_redirects=False, timeout=30, headers={"X-Forwarded-Proto": "https"}
    )
    assert "Secure" in behind_tls.headers["Set-Cookie"]


@pytest.mark.parametrize("cookie", [True, False])
def test_a_callback_of_another_browser_is_refused(workshop, ada, cookie):
    """Somebody who makes ada's browser follow a link of his own would have her work in his account."""
    begun = requests.get(f"{workshop.url}/user/ada/", allow_redirects=False, timeout=30)
    state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
    cookies = dict(begun.cookies) if cookie else {}
    if cookie:
        cookies = {name: value[:-1] + "x" for name, value in cookies.items()}
    answer = requests.get(f"{workshop.url}/user/ada/oauth_callback?code=abc&state={state}", cookies=cookies, timeout=30)
    assert answer.status_code == 400
    assert "not begun in this browser" in answer.text


def test_a_code_without_its_verifier_is_worth_nothing(workshop, ada):
    """The code of one log-in with the state of another: PKCE's verifier does not fit."""
    first = ada.get(f"{workshop.url}/user/ada/oauth_callback?code=abc&state=def", allow_redirects=False)
    assert first.status_code == 400
    other = requests.get(f"{workshop.url}/user/ada/", allow_redirects=False, timeout=30)
    state = parse_qs(urlsplit(other.headers["Location"]).query)["state"][0]
    # A log-in of ada's browser, stopped before its callback.
    with_cookie = requests.Session()
    with_cookie.trust_env = False
    with_cookie.cookies.update(ada.cookies)
    for cookie in [one for one in with_cookie.cookies if one.name == "jupyterhub-user-ada"]:
        with_cookie.cookies.clear(cookie.domain, cookie.path, cookie.name)
    begun = with_cookie.get(f"{workshop.url}/user/ada/", allow_redirects=False)
    back = with_cookie.get(workshop.url + begun.headers["Location"], allow_redirects=False)
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    answer = requests.get(
        f"{workshop.url}/user/ada/oauth_callback?code={code}&state={state}", cookies=dict(other.cookies), timeout=30
    )
    assert answer.status_code == 403
    assert "did not confirm" in answer.text


def test_pages_say_what_browsers_must_not_do_with_them(workshop, ada):
    headers = ada.get(f"{workshop.url}/user/ada/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy  # scripts are of our own files alone, as all else
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    login = requests.get(f"{workshop.url}/hub/login", timeout=30).headers
    assert "frame-ancestors 'none'" in login["Content-Security-Policy"]
    assert login["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Ramlab": "1"}, 200),
        ({"X-Ramlab": "1", "Origin": "OWN"}, 200),
        ({}, 403),
        ({"X-Ramlab": "1", "Origin": "http://evil.example"}, 403),
        ({"X-Ramlab": "1", "Origin": "null"}, 403),
    ],
)
def test_only_its_own_pages_change_anything(workshop, ada, headers, status):
    headers = {name: workshop.url if value == "OWN" else value for name, value in headers.items()}
    assert ada.post(f"{workshop.url}/user/ada/api/change", headers=headers).status_code == status


def shake_hands(workshop, browser, **headers):
    """The status line of a websocket's opening at ada's terminal."""
    words = {
        "Host": f"127.0.0.1:{workshop.port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": b64encode(os.urandom(16)).decode(),
        **headers,
    }
    if browser:
        words["Cookie"] = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
    with socket.create_connection(("127.0.0.1", workshop.port), timeout=30) as line:
        asked = "".join(f"{name}: {value}\r\n" for name, value in words.items() if value)
        line.sendall(f"GET /user/ada/terminal/1 HTTP/1.1\r\n{asked}\r\n".encode())
        return line.recv(4096).split(b"\r\n")[0].decode()


def test_a_websocket_opens_from_the_seats_own_page_alone(workshop, ada, bob, grace):
    own = workshop.url
    assert " 101 " in shake_hands(workshop, ada, Origin=own)
    assert " 101 " in shake_hands(workshop, grace, Origin=own)
    assert " 403 " in shake_hands(workshop, ada, Origin="http://evil.example")
    assert " 403 " in shake_hands(workshop, ada, Origin=f"http://127.0.0.1:{workshop.port + 1}")
    assert " 403 " in shake_hands(workshop, ada)  # a browser always says whose page it is
    assert " 403 " in shake_hands(workshop, bob, Origin=own)
    assert " 403 " in shake_hands(workshop, None, Origin=own)


def test_a_seat_is_told_what_it_needs_and_no_secret_of_others(workshop, ada):
    told = ada.get(f"{workshop.url}/user/ada/api/environment").json()
    secrets = json.loads((workshop.folder / "secrets.json").read_text())
    assert told["RAMLAB_WORKSHOP_TITLE"] == "Testing <memory>"
    assert told["RAMLAB_WORKSHOP_LABS"] == "05_oom 01_free"
    assert told["XDG_STATE_HOME"] == str(workshop.folder / "seats")
    from ramlab.workshop.keys import is_key

    assert is_key(told["RAMLAB_WORKSHOP_SEAT_KEY"], secrets["seats"], "ada")
    assert not set(told.values()) & {value for value in secrets.values() if isinstance(value, str)}


def test_secrets_are_its_owners_alone(workshop):
    assert (workshop.folder.stat().st_mode & 0o777) == 0o700
    assert ((workshop.folder / "secrets.json").stat().st_mode & 0o777) == 0o600
    configuration = (workshop.folder / "jupyterhub_config.py").read_text()
    for name, value in json.loads((workshop.folder / "secrets.json").read_text()).items():
        if isinstance(value, str):
            assert value not in configuration, name


# ---------------------------------------------------------------- killed, and back


@pytest.mark.parametrize("name", ["hub", "proxy", "board", "culler"])
def test_whatever_is_killed_is_back_and_the_seats_stayed(workshop, ada, grace, name):
    seat = ada.get(f"{workshop.url}/user/ada/").json()["pid"]
    before = workshop.pid(name)
    os.kill(before, signal.SIGKILL)
    until(lambda: workshop.pid(name) != before)
    until(lambda: ada.get(f"{workshop.url}/hub/home").status_code == 200)
    until(lambda: grace.get(f"{workshop.url}/services/board/api/room").status_code == 200)
    assert until(lambda: ada.get(f"{workshop.url}/user/ada/")).json()["pid"] == seat
    assert Browser(workshop.url).sign_up("ada", code="open sesame").status_code == 400  # the accounts are there


def test_a_page_opens_while_the_hub_is_away(workshop, ada):
    """Whom the hub has let in stays in: its last word holds until it is back."""
    ada.get(f"{workshop.url}/user/ada/")
    hub = workshop.pid("hub")
    os.kill(hub, signal.SIGSTOP)  # it answers nobody, and is not seen to have ended
    try:
        assert ada.get(f"{workshop.url}/user/ada/", timeout=30).json()["viewer"] == "ada"
    finally:
        os.kill(hub, signal.SIGCONT)


def test_a_seat_that_was_killed_opens_again(workshop, bob):
    before = bob.get(f"{workshop.url}/user/bob/").json()["pid"]
    os.kill(before, signal.SIGKILL)
    until(lambda: "bob" not in workshop.run("status").stdout)
    assert bob.sit("bob").json()["pid"] != before


def test_a_seat_that_ends_while_its_hub_was_killed_is_no_zombie(workshop, bob):
    seat = bob.sit("bob").json()["pid"]
    before = workshop.pid("hub")
    os.kill(before, signal.SIGKILL)
    until(lambda: workshop.pid("hub") != before)
    until(lambda: bob.get(f"{workshop.url}/hub/home").status_code == 200)
    os.kill(seat, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{seat}").exists())
    assert bob.sit("bob").json()["pid"] != seat


# ---------------------------------------------------------------- over, full


def test_a_workshop_that_is_over_opens_no_seat_and_says_so(workshop, grace):
    """The hub is started again with a moment that has passed, as it would be when that moment has come."""
    late = Browser(workshop.url)
    late.sign_up("late")
    configuration = workshop.folder / "jupyterhub_config.py"
    text = configuration.read_text()
    assert "before_seat(None)" in text

    def restart(content):
        configuration.write_text(content)
        before = workshop.pid("hub")
        os.kill(before, signal.SIGKILL)
        until(lambda: workshop.pid("hub") != before)
        until(lambda: late.get(f"{workshop.url}/hub/home").status_code == 200)

    restart(text.replace("before_seat(None)", "before_seat(1e9)"))
    answer = late.get(f"{workshop.url}/hub/spawn/late")
    assert "This workshop ended at 2001-09-09" in answer.text
    restart(text)
    assert late.sit("late").json()["viewer"] == "late"


def test_when_all_seats_are_taken_the_next_one_is_told(workshop, ada, bob):
    """Four seats, and one for the instructor's own: ada, bob, late and two more."""
    for name in ("dora", "emil"):
        one = Browser(workshop.url)
        one.sign_up(name)
        one.sit(name)
    last = Browser(workshop.url)
    last.sign_up("last")
    answer = last.get(f"{workshop.url}/hub/spawn/last")
    assert answer.status_code == 429
    assert "server limit" in answer.text


# ---------------------------------------------------------------- the command line


def test_a_second_up_says_that_it_runs(workshop):
    done = workshop.run("up")
    assert done.returncode == 2
    assert "runs already" in done.stderr


def test_status_names_who_sits(workshop, ada):
    done = workshop.run("status")
    assert done.returncode == 0, done.stderr
    assert "hub: up" in done.stdout
    assert re.search(r"seats: \d of 4 taken", done.stdout)
    assert f"{workshop.url}/user/ada/" in done.stdout


def test_ctrl_c_leaves_the_seats_and_up_takes_them_back(workshop, ada):
    seat = ada.get(f"{workshop.url}/user/ada/").json()["pid"]
    os.kill(workshop.up.pid, signal.SIGINT)
    assert workshop.up.wait(60) == 0
    assert "the seats wait" in workshop.said()
    left = workshop.processes()
    assert seat in left
    assert all("plain_seat" in said for said in left.values()), left
    assert "not running" in workshop.run("status").stdout
    workshop.start()
    assert until(lambda: ada.get(f"{workshop.url}/user/ada/")).json()["pid"] == seat


def test_an_up_that_was_killed_is_taken_over(workshop, ada):
    seat = ada.get(f"{workshop.url}/user/ada/").json()["pid"]
    hub = workshop.pid("hub")
    workshop.up.kill()
    workshop.up.wait()
    assert hub in workshop.processes()
    workshop.start()
    assert hub not in workshop.processes()
    assert until(lambda: ada.get(f"{workshop.url}/user/ada/")).json()["pid"] == seat


def test_down_leaves_nothing(workshop, ada):
    assert workshop.processes()
    done = workshop.run("down")
    assert done.returncode == 0, done.stderr
    assert "Nobody had been in it" in done.stdout  # these seats report nothing
    assert workshop.up.wait(60) == 0
    assert workshop.processes() == {}
    assert not workshop.folder.exists()
    assert "no workshop" in workshop.run("status").stderr
