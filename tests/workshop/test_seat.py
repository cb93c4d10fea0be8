"""A seat with everything: the real hub starts it, and its machine of lab 05 is one.

Most tests go on where the one before has ended, so run the whole file.
"""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import requests
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

pytestmark = pytest.mark.machine

WAIT = 240.0
"""Seconds that a thing may take on a busy host under emulation; elsewhere it is there at once."""
FOREIGN = "https://elsewhere.example"
ANSWER_1 = """killed=$(grep -m1 'Killed process' /var/log/kern.log)
answer killed "$(echo "$killed" | sed 's/.*(\\(.*\\)) total-vm.*/\\1/')"
answer killed_kb "$(echo "$killed" | sed 's/.*anon-rss:\\([0-9]*\\)kB.*/\\1/')"
answer killed_in "$(grep -m1 oom-kill: /var/log/kern.log | sed 's/.*oom_memcg=\\([^,]*\\).*/\\1/')"
"""
STALL = (
    "sysctl -q kernel.sched_rt_runtime_us=-1; mount -t debugfs debug /sys/kernel/debug;"
    # Linux 6.12 leaves a twentieth of each CPU to those who are not of the real-time policies.
    " for f in /sys/kernel/debug/sched/fair_server/*/runtime; do echo 0 > $f; done;"
    " for i in 1 2 3 4; do chrt -f 99 sh -c 'while :; do :; done' & done\n"
)


def until(what, seconds=WAIT):
    """The first truth that `what` gives."""
    end = time.monotonic() + seconds
    while True:
        try:
            found = what()
        except requests.ConnectionError:
            found = None
        if found:
            return found
        assert time.monotonic() < end, what
        time.sleep(0.2)


class Person(requests.Session):
    """Somebody with a browser, as far as that goes without a screen."""

    def __init__(self, url, name, password):
        super().__init__()
        self.trust_env = False
        self.url, self.name = url, name
        self.get(f"{url}/hub/login")
        token = next(one.value for one in self.cookies if one.name == "_xsrf" and one.path == "/hub/")
        form = {"_xsrf": token, "username": name, "password": password}
        self.post(f"{url}/hub/login", data=form, allow_redirects=False)  # the next page would be a seat of their own

    def seat(self, path="", whose=""):
        return self.get(f"{self.url}/user/{whose or self.name}/{path}")

    def sit(self):
        """Have the hub start the seat, as the page does when there is none."""
        self.get(f"{self.url}/hub/spawn/{self.name}")

    def state(self, whose=""):
        answer = self.seat("api/state", whose)
        return answer.json() if answer.ok and "json" in answer.headers["content-type"] else {}

    def do(self, what, body=None, **headers):
        url = f"{self.url}/user/{self.name}/api/{what}"
        return self.post(url, json=body or {}, headers={"X-Ramlab": "1", **headers})

    def task(self, number):
        tasks = self.state().get("tasks")
        return tasks[number - 1] if tasks else {}

    def ready(self):
        state = until(lambda: (s := self.state()) and s["machine"]["state"] in ("ready", "failed") and s)
        assert state["machine"]["state"] == "ready", state["machine"]
        return state

    @asynccontextmanager
    async def terminal(self, number=1, whose="", origin=None):
        """Opens a terminal; gives what is typed to and what is read from."""
        place = f"{self.url}/user/{whose or self.name}/"
        cookie = "; ".join(f"{c.name}={c.value}" for c in self.cookies if place[len(self.url) :].startswith(c.path))
        address = f"{place.replace('http', 'ws', 1)}terminal/{number}"
        headers = {"Cookie": cookie}
        async with connect(address, origin=origin or self.url, additional_headers=headers, compression=None) as ws:
            yield Screen(ws)


class Screen:
    """What a terminal shows."""

    def __init__(self, ws):
        self.ws = ws
        self.shown = b""
        self.told = {}

    async def until(self, pattern, seconds=WAIT):
        async with asyncio.timeout(seconds):
            while not re.search(pattern, self.shown):
                message = await self.ws.recv()
                if isinstance(message, bytes):
                    self.shown += message
                else:
                    self.told.update(json.loads(message))

    async def type(self, text):
        await self.ws.send(text.encode())


class Workshop:
    """`ramlab workshop up`, with a machine for each who comes."""

    def __init__(self, home):
        self.home = home
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        root = Path(__file__).parents[2]
        self.environment = {**os.environ, "XDG_STATE_HOME": str(home / "state"), "RAMLAB_LABS": str(root / "labs")}
        self.folder = home / "state/ramlab/workshops/workshop"

    def command(self, *words):
        return [sys.executable, "-P", "-m", "ramlab.cli", "workshop", *words]

    def start(self):
        (self.home / "workshop.toml").write_text("warm = 0\n")  # how one comes up is what is looked at
        log = (self.home / "up.log").open("wb")
        options = ("--seats", "2", "--demo", "--port", str(self.port))
        self.up = subprocess.Popen(
            self.command("up", *options), cwd=self.home, env=self.environment, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        said = self.home / "up.log"
        until(lambda: "Ctrl-C" in said.read_text() or self.up.poll() is not None)
        assert self.up.poll() is None, said.read_text()

    def stop(self):
        done = subprocess.run(
            self.command("down"), cwd=self.home, env=self.environment, capture_output=True, text=True, check=False
        )
        self.up.wait(60)
        return done

    def seat_pid(self, name):
        """The process of somebody's seat."""
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "environ").read_bytes().split(b"\0")  # of the process that forks
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            ours = f"ramlab.workshop.seat\0{name}\0".encode() in command
            if ours and any(one.startswith(b"XDG_STATE_HOME=" + str(self.home).encode()) for one in words):
                return int(entry.name)
        return 0


@pytest.fixture(scope="module")
def workshop(tmp_path_factory, node):
    one = Workshop(tmp_path_factory.mktemp("workshop"))
    one.start()
    yield one
    done = one.stop()
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def ada(workshop):
    person = Person(workshop.url, "ada", "x")
    person.sit()
    until(lambda: person.seat().ok and person.state())
    return person


def test_the_page_is_there_before_the_machine(ada):
    page = ada.seat()
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "ledgerd" in page.text
    state = ada.state()
    assert state["student"] == state["viewer"] == "ada"
    assert [task["number"] for task in state["tasks"]] == [1, 2, 3, 4, 5, 6]
    assert [task["number"] for task in state["tasks"] if task["acts"]] == [3, 4, 5]
    assert "<h1>" in state["brief"]
    assert "<h1>" not in state["chapter"]


def test_the_machine_comes_up_by_itself_and_is_looked_at_when_somebody_has_typed(ada):
    ada.ready()

    async def work():
        async with ada.terminal() as screen:
            await screen.until(rb"# ")
            await screen.type("free\n")
            await screen.until(rb"Swap")

    asyncio.run(work())
    until(lambda: ada.task(1).get("outcome") == "failed")
    assert "killed" in ada.task(1)["message"]
    # The checks of the others crash and press: not unless they are asked for. By now they would have been.
    until(lambda: ada.task(6)["outcome"] != "open")
    assert {ada.task(number)["outcome"] for number in (3, 4, 5)} == {"open"}


def test_a_task_ticks_itself_when_it_is_done(ada):
    ada.ready()

    async def work():
        async with ada.terminal() as screen:
            await screen.until(rb"# ")
            await screen.type(ANSWER_1)
            await screen.until(rb"killed_in")

    asyncio.run(work())
    done = until(lambda: (task := ada.task(1)).get("outcome") == "passed" and task)
    assert not done["message"]


def test_a_reload_finds_the_shell_again(ada):
    ada.ready()

    async def work():
        async with ada.terminal(2) as screen:
            await screen.until(rb"# ")
            await screen.type("mark=kept; echo mar''ked\n")
            await screen.until(rb"[\r\n]marked")
        async with ada.terminal(2) as screen:
            await screen.until(rb"[\r\n]marked")
            await screen.type("echo still-$mark\n")
            await screen.until(rb"[\r\n]still-kept")

    asyncio.run(work())
    assert 2 in ada.state()["terminals"]


def test_nobody_else_comes_in(workshop, ada):
    eve = Person(workshop.url, "eve", "x")
    assert eve.seat(whose="ada").status_code == 403
    assert eve.seat("api/state", "ada").status_code in (401, 403)  # she was given no cookie for it
    stranger = requests.Session()
    stranger.trust_env = False
    assert stranger.get(f"{workshop.url}/user/ada/api/state").status_code == 401
    assert stranger.get(f"{workshop.url}/user/ada/api/health").json() == {"ok": True}

    async def knock(person, **how):
        with pytest.raises(InvalidStatus) as refused:
            async with person.terminal(whose="ada", **how):
                pass
        assert refused.value.response.status_code == 403

    asyncio.run(knock(eve))
    asyncio.run(knock(ada, origin=FOREIGN))


def test_another_sites_page_can_do_nothing(ada):
    url = f"{ada.url}/user/ada/api/reset"
    assert ada.post(url, json={}).status_code == 403
    assert ada.do("reset", Origin=FOREIGN).status_code == 403


def test_what_is_wrong_is_said(ada):
    assert "no lab of this workshop" in ada.do("lab", {"lab": "99_none"}).json()["message"]
    assert "has no task" in ada.do("hint", {"check": "nonsense"}).json()["message"]
    assert "has no task" in ada.do("check", {"check": "nonsense"}).json()["message"]
    assert ada.do("hint", ["a list"]).status_code == 400


def test_hints_come_one_by_one(ada):
    first = ada.do("hint", {"check": "test_the_report_is_read"}).json()
    assert (first["number"], first["of"]) == (1, 4)
    second = ada.do("hint", {"check": "test_the_report_is_read"}).json()
    assert second["number"] == 2
    assert ada.task(6)["hints"] == {"taken": 2, "of": 4, "texts": [first["text"], second["text"]]}


def test_a_check_that_acts_is_made_when_it_is_asked_for(ada):
    ada.ready()
    until(lambda: ada.do("check", {"check": "test_ledgerd_is_never_chosen"}).ok)
    found = until(lambda: (task := ada.task(3))["outcome"] != "open" and task)
    assert found["outcome"] == "failed"
    assert "ledgerd" in found["message"]


def test_the_memory_is_shown_while_somebody_looks(ada):
    ada.ready()
    with ada.get(f"{ada.url}/user/ada/api/events", stream=True, timeout=WAIT) as stream:
        events = iter(line for line in stream.iter_lines() if line)
        assert next(events) == b"event: state"
        assert json.loads(next(events).removeprefix(b"data: "))["student"] == "ada"
        assert any(line.startswith(b"data: ") and b'"samples": [[' in line for line in events)
    told = ada.seat("api/memory").json()
    moment, used, cache, swap = told["samples"][-1]
    assert abs(moment - time.time()) < 60 + WAIT
    assert 0 < used < told["total"]
    assert 0 < cache < told["total"]
    assert swap <= told["swap_total"]


def test_a_killed_seat_comes_back_with_its_machine_and_what_was_done(workshop, ada):
    before = ada.ready()
    old = workshop.seat_pid("ada")
    os.kill(old, signal.SIGKILL)

    def back():
        if workshop.seat_pid("ada") in (0, old):
            ada.sit()
            return False
        return ada.seat().ok and ada.state()

    until(back)
    after = ada.ready()
    assert after["machine"]["begun"] == before["machine"]["begun"]
    assert after["tasks"][0]["outcome"] == "passed"


def test_a_machine_that_stalls_is_said_to_and_reset_gives_another(ada):
    before = ada.ready()

    async def stall():
        async with ada.terminal() as screen:
            await screen.until(rb"# ")
            await screen.type(STALL)
            await asyncio.to_thread(until, lambda: ada.state()["machine"]["state"] == "stalled")
            assert "does not answer" in ada.state()["machine"]["message"]
            assert ada.do("reset").ok
            while "ended" not in screen.told:
                message = await asyncio.wait_for(screen.ws.recv(), WAIT)
                screen.told.update(json.loads(message) if isinstance(message, str) else {})
            assert "fresh one" in screen.told["ended"]

    asyncio.run(stall())
    after = until(lambda: (s := ada.state()) and s["machine"]["begun"] not in (None, before["machine"]["begun"]) and s)
    assert after["machine"]["state"] == "ready"
    assert {task["outcome"] for task in after["tasks"]} <= {"open", "failed"}
