"""The board as a service: a real hub decides who enters, and a killed board comes back with all that it knew."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest
import requests

from ramlab import catalogue
from ramlab.workshop import keeping, keys, reports

SECRET = secrets.token_hex(16)
LABS = "05_oom 01_free"
OOM = catalogue.Lab.load(catalogue.resolve("05_oom"))
PREFIX = "/services/board/"
INSTRUCTOR, LEARNERS = "ines", ("ada", "bob")
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"
CONFIG = """
import json, os
from jupyterhub.proxy import Proxy

class NoProxy(Proxy):
    # Who is let in is between hub and board; nothing has to be routed for that.
    should_start = False
    routes = {}
    async def add_route(self, routespec, target, data):
        self.routes[routespec] = dict(routespec=routespec, target=target, data=data)
    async def delete_route(self, routespec):
        self.routes.pop(routespec, None)
    async def get_all_routes(self):
        return self.routes

said = json.loads(os.environ["SAID"])
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.hub_bind_url = said["hub"]
c.JupyterHub.bind_url = said["hub"]
c.JupyterHub.db_url = "sqlite:///" + said["folder"] + "/hub.sqlite"
c.JupyterHub.cookie_secret_file = said["folder"] + "/cookie_secret"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "in"
c.Authenticator.allow_all = True
c.Authenticator.allowed_users = set(said["users"])
c.JupyterHub.load_groups = {"instructors": {"users": [said["instructor"]]}}
c.JupyterHub.load_roles = [
    {"name": "instructor", "groups": ["instructors"], "scopes": ["access:services!service=board"]},
    {"name": "ops", "services": ["ops"], "scopes": ["admin:users", "tokens"]},
]
c.JupyterHub.services = [
    {"name": "board", "url": said["board"], "api_token": said["token"], "oauth_no_confirm": True,
     "oauth_redirect_uri": said["board"] + "/services/board/oauth_callback"},
    {"name": "ops", "api_token": said["ops"]},
]
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def until(what, seconds=60):
    """The first answer that is something; an error of its kind while there is none."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := what():
                return found
        except (requests.RequestException, OSError):
            pass
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)


class Place:
    """A hub, a board, and how to speak to both."""

    def __init__(self, folder):
        self.folder = folder
        self.hub_url, self.url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.token, self.ops = secrets.token_hex(16), secrets.token_hex(16)
        self.board = f"{self.url}{PREFIX}"
        self.tokens = {}

    @contextmanager
    def hub(self):
        (self.folder / "config.py").write_text(CONFIG)
        said = {
            "hub": self.hub_url, "board": self.url, "token": self.token, "ops": self.ops, "folder": str(self.folder),
            "users": [INSTRUCTOR, *LEARNERS], "instructor": INSTRUCTOR,
        }  # fmt: skip
        argv = [sys.executable, "-m", "jupyterhub", "-f", "config.py"]
        with self._process(argv, "hub", {"SAID": json.dumps(said)}) as process:
            until(lambda: requests.get(f"{self.hub_url}/hub/health", timeout=5).ok)
            for name in LEARNERS:
                answer = requests.post(
                    f"{self.hub_url}/hub/api/users/{name}/tokens",
                    headers={"Authorization": f"token {self.ops}"}, json={}, timeout=30,
                )  # fmt: skip
                self.tokens[name] = answer.json()["token"]
            yield process

    @contextmanager
    def running(self, **more):
        environment = {
            "JUPYTERHUB_SERVICE_NAME": "board", "JUPYTERHUB_SERVICE_PREFIX": PREFIX, "JUPYTERHUB_API_TOKEN": self.token,
            "JUPYTERHUB_SERVICE_URL": self.url, "JUPYTERHUB_API_URL": f"{self.hub_url}/hub/api",
            "JUPYTERHUB_CLIENT_ID": "service-board", "JUPYTERHUB_BASE_URL": "/", "JUPYTERHUB_HOST": self.hub_url,
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps(["access:services", "access:services!service=board"]),
            "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{self.board}oauth_callback",
            "RAMLAB_WORKSHOP_FOLDER": str(self.folder), "RAMLAB_WORKSHOP_TITLE": "Memory & <co>",
            "RAMLAB_WORKSHOP_LABS": LABS, "RAMLAB_WORKSHOP_SEATS": "2", "RAMLAB_WORKSHOP_SEAT_SECRET": SECRET, **more,
        }  # fmt: skip
        with self._process([sys.executable, "-m", "ramlab.workshop.board"], "board", environment) as process:
            until(lambda: requests.get(f"{self.board}api/health", timeout=5).json() == {"ok": True})
            yield process

    @contextmanager
    def _process(self, argv, name, environment):
        with (self.folder / f"{name}.log").open("a") as log:
            process = subprocess.Popen(
                argv,
                cwd=self.folder if name == "hub" else None,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise

    def browser(self, name):
        """A browser in which `name` is logged in at the hub."""
        session = requests.Session()
        page = session.get(f"{self.hub_url}/hub/login", timeout=30)
        content = {"username": name, "password": "in", "_xsrf": session.cookies.get("_xsrf", path="/hub/")}
        assert page.ok
        assert (
            session.post(f"{self.hub_url}/hub/login", data=content, timeout=30, allow_redirects=False).status_code
            == 302
        )
        return session

    def post(self, student, *tasks, token=None, key=None, raw=None):
        """A seat's report."""
        machine = {"state": "ready", "step": "", "since": time.time(), "message": "", "begun": 1e9}
        state = {"lab": "05_oom", "machine": machine, "active": time.time(), "tasks": list(tasks)}
        headers = {
            "Authorization": f"token {self.tokens[student] if token is None else token}",
            keys.HEADER: keys.seat_key(SECRET, student) if key is None else key,
        }
        return requests.post(f"{self.board}api/seat", data=raw or json.dumps(state), headers=headers, timeout=30)


def task(number, outcome, seen="", hints=0):
    message = f"seen: {seen}; expected: another; next: look" if seen else ""
    check = OOM.tasks[number - 1].check
    return {"check": check, "outcome": outcome, "message": message, "hints": {"taken": hints, "of": 3}}


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("workshop"))
    with place.hub():
        yield place


@pytest.fixture
def place(hub):
    (hub.folder / keeping.NAME).unlink(missing_ok=True)
    with hub.running():
        yield hub


@pytest.fixture
def instructor(place):
    session = place.browser(INSTRUCTOR)
    page = session.get(place.board, timeout=30)
    assert page.status_code == 200, page.text
    assert urlsplit(page.url).path == PREFIX
    session.headers["X-Ramlab"] = "1"
    return session


# -- who enters ------------------------------------------------------------------------------------------------------


def test_an_instructor_enters_by_the_hub_a_participant_is_refused_and_a_stranger_is_sent_to_log_in(place, instructor):
    said = instructor.get(f"{place.board}api/room", timeout=30).json()
    assert [lab["name"] for lab in said["labs"]] == LABS.split()

    assert place.browser("ada").get(place.board, timeout=30).status_code == 403, "by the hub, before it comes back"
    learner = requests.Session()
    learner.headers["Authorization"] = f"token {place.tokens['ada']}"
    assert learner.get(place.board, timeout=30).status_code == 403
    for where in ("api/room", "api/events", "api/seat/ada"):
        assert learner.get(f"{place.board}{where}", timeout=30).status_code == 403
    note = learner.post(f"{place.board}api/note", json={"text": "hi"}, headers={"X-Ramlab": "1"}, timeout=30)
    assert note.status_code == 403

    stranger = requests.get(place.board, timeout=30, allow_redirects=False)
    assert stranger.status_code == 302
    assert urlsplit(stranger.headers["Location"]).path == "/hub/api/oauth2/authorize"
    assert requests.get(f"{place.board}api/room", timeout=30).status_code == 401


def test_no_page_may_run_anything_inline(place, instructor):
    page = instructor.get(place.board, timeout=30)

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy or "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert not re.findall(r"<script(?![^>]*(?:\bsrc=|application/json))", page.text)
    assert not re.findall(r"\son\w+=", page.text)
    assert "Memory &amp; &lt;co&gt;" in page.text
    for name in ("board.js", "board.css"):
        assert requests.get(f"{place.board}static/{name}", timeout=30).ok


# -- what seats say --------------------------------------------------------------------------------------------------


def test_a_seat_writes_its_own_row_and_a_participants_token_writes_none(place, instructor):
    assert place.post("ada", task(1, "passed")).json() == {"notes": []}

    assert place.post("ada", task(2, "passed"), key="").status_code == 403, "a participant has the token, not the key"
    assert place.post("ada", task(2, "passed"), token=place.tokens["bob"]).status_code == 403, "nobody else's row"
    assert place.post("ada", task(2, "passed"), token="").status_code == 403
    assert place.post("ada", task(2, "passed"), token="0" * 32).status_code == 403
    assert place.post("ada", raw=b" " * (reports.MOST + 1)).status_code == 400
    assert place.post("ada", task(1, "perfect")).status_code == 400

    seats = instructor.get(f"{place.board}api/room", timeout=30).json()["seats"]
    assert [(seat["student"], seat["cells"]["05_oom"][:2]) for seat in seats] == [("ada", ["done", "untouched"])]


def test_the_instructor_sees_it_as_it_happens(place, instructor):
    place.post("ada", task(3, "failed", "not set"))
    with instructor.get(f"{place.board}api/events", timeout=30, stream=True) as stream:
        lines = (line for line in stream.iter_lines(decode_unicode=True) if line.startswith("data: "))
        first = json.loads(next(lines).removeprefix("data: "))
        place.post("ada", task(3, "failed", f"victim {MARKUP}"))
        second = json.loads(next(lines).removeprefix("data: "))

    assert (first["seats"][0]["cells"]["05_oom"][2], first["wrongs"]) == ("untouched", [])
    assert second["seats"][0]["cells"]["05_oom"][2] == "wrong"
    (wrong,) = second["wrongs"]
    assert (wrong["task"], wrong["count"], wrong["students"]) == (3, 1, ["ada"])
    assert "<script>" in wrong["words"], "as data; the page makes text of it"
    seat = instructor.get(f"{place.board}api/seat/ada", timeout=30).json()
    assert seat["works"][0]["tasks"][2]["facts"]["seen"] == f"victim {MARKUP}"
    assert instructor.get(f"{place.board}api/seat/zed", timeout=30).status_code == 404


def test_notes_reach_whom_they_are_for_until_they_are_taken_back(place, instructor):
    place.post("ada")
    place.post("bob")

    def tell(**content):
        return instructor.post(f"{place.board}api/note", json=content, timeout=30)

    assert tell(text="break at ten").ok
    assert tell(text="look at dmesg", to="ada").ok
    assert tell(text=" ").status_code == tell(text="x" * 1001).status_code == tell(to="ada").status_code == 400
    assert tell(text="who?", to="zed").status_code == 404
    other = instructor.post(
        f"{place.board}api/note", json={"text": "x"}, timeout=30, headers={"Origin": "http://elsewhere.example"}
    )
    assert other.status_code == 403

    ada, bob = (place.post(name).json()["notes"] for name in LEARNERS)
    assert [note["text"] for note in ada] == ["break at ten", "look at dmesg"]
    assert [note["text"] for note in bob] == ["break at ten"]

    assert instructor.delete(f"{place.board}api/note/{ada[0]['id']}", timeout=30).ok
    assert instructor.delete(f"{place.board}api/note/{ada[0]['id']}", timeout=30).status_code == 404
    assert place.post("bob").json() == {"notes": []}


# -- it dies ---------------------------------------------------------------------------------------------------------


def test_a_killed_board_comes_back_with_what_it_knew_and_its_instructor_need_not_log_in_again(hub):
    (hub.folder / keeping.NAME).unlink(missing_ok=True)
    with ExitStack() as stack:
        process = stack.enter_context(hub.running())
        instructor = hub.browser(INSTRUCTOR)
        assert instructor.get(hub.board, timeout=30).ok
        assert hub.post("ada", task(1, "passed"), task(2, "failed", "x")).ok
        answer = instructor.post(
            f"{hub.board}api/note", json={"text": "hold on"}, headers={"X-Ramlab": "1"}, timeout=30
        )
        assert answer.ok, answer.text
        assert "hold on" in (hub.folder / keeping.NAME).read_text(), "a note that was acknowledged is on disk"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    with hub.running():
        said = instructor.get(f"{hub.board}api/room", timeout=30).json()

    assert [seat["cells"]["05_oom"][:2] for seat in said["seats"]] == [["done", "untouched"]]
    assert [note["text"] for note in said["notes"]] == ["hold on"]


def test_a_board_outlives_its_hub_and_hears_the_seats_meanwhile(tmp_path):
    place = Place(tmp_path)
    with ExitStack() as stack:
        hub = stack.enter_context(place.hub())
        stack.enter_context(place.running())
        assert place.post("ada", task(1, "failed", "x")).ok
        os.kill(hub.pid, signal.SIGKILL)
        hub.wait()

        assert place.post("ada", task(1, "passed")).ok, "known a moment ago"
        assert place.post("bob", task(1, "passed")).status_code == 503, "nobody can say who that is; it reports again"
        until(lambda: '"outcome": "passed"' in (tmp_path / keeping.NAME).read_text())


def test_a_disk_that_refuses_is_said_on_the_page_and_asked_again(place, instructor):
    path = place.folder / keeping.NAME
    path.unlink(missing_ok=True)
    path.mkdir()  # nothing can replace it, also for root
    try:
        place.post("ada", task(1, "passed"))
        until(lambda: instructor.get(f"{place.board}api/room", timeout=30).json()["unsaved"])
    finally:
        path.rmdir()
    until(lambda: not instructor.get(f"{place.board}api/room", timeout=30).json()["unsaved"])
    assert "ada" in path.read_text()


# -- in a browser ----------------------------------------------------------------------------------------------------

PATIENCE = 300_000
"""Milliseconds; this only ends what hangs."""
SIZES = {"projector": (1920, 1080, "light"), "phone": (390, 844, "dark")}
AXE = """async () => (await axe.run({resultTypes: ["violations"]})).violations.map(
  rule => [rule.id, rule.nodes.map(node => node.html.slice(0, 150))])"""


@pytest.fixture(params=[*SIZES])
def page(request, place, instructor, chromium):
    """The board of a full room, as the instructor's browser shows it."""
    for name in LEARNERS:
        place.post(name, task(1, "failed", "as it came"))
        for number in range(6):
            place.post(name, task(1, "failed", f"{'abcdef'[number]} {MARKUP}"), task(2, "passed"))
    width, height, scheme = SIZES[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE)
    context.add_cookies([
        {"name": its.name, "value": its.value, "domain": "127.0.0.1", "path": its.path}
        for its in instructor.cookies
    ])  # fmt: skip
    shown = context.new_page()
    shown.problems = []
    shown.on("pageerror", lambda error: shown.problems.append(str(error)))
    shown.on("console", lambda said: shown.problems.append(said.text) if said.type == "error" else None)
    shown.on("dialog", lambda dialog: (shown.problems.append(dialog.message), dialog.dismiss()))
    shown.goto(place.board)
    shown.get_by_role("row", name="bob").wait_for()
    yield shown
    context.close()
    assert shown.problems == []


def test_the_page_is_one_for_everybody(page):
    from axe_playwright_python.sync_playwright import Axe

    Axe().run(page)  # brings axe into the page
    assert page.evaluate(AXE) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing lies beside the screen"
    row = page.get_by_role("row", name="ada")
    assert [cell.inner_text().split("\n")[-1] for cell in row.get_by_role("cell").all()][:2] == [
        "wrong, is at it",
        "done",
    ]
    assert "task 1: 6 different wrong states" in page.get_by_role("region", name="Stuck").inner_text()
    assert "2 of 2" in page.get_by_role("region", name="What is wrong now").inner_text()
    assert MARKUP in page.locator("body").inner_text()


def test_all_of_it_by_keyboard(page, place):
    ada = page.get_by_role("row", name="ada").get_by_role("button", name="ada")
    ada.focus()
    place.post("ada", task(1, "passed"))
    page.get_by_role("row", name="ada").get_by_role("cell", name="done", exact=True).first.wait_for()
    assert page.evaluate("document.activeElement.textContent") == "ada", "an update takes nobody's place"

    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="ada")
    dialog.wait_for()
    assert dialog.get_by_role("link", name="Open this seat").get_attribute("href") == "/user/ada/"
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.textContent") == "ada"

    page.get_by_label("Note", exact=True).focus()
    page.keyboard.type("break at ten")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Sent to everybody.").wait_for()
    assert [note["text"] for note in place.post("bob").json()["notes"]] == ["break at ten"]
