"""A whole workshop for tests: `ramlab workshop up`, as an instructor types it, and Debian's Chromium to enter it by."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 300
"""Seconds; this only ends what hangs."""
INSTRUCTOR = "ines"
TERMS = """
title = "Vaults"
labs = ["90_vault"]
seats = 3
warm = {warm}
instructors = ["{instructor}"]
"""
LABS = Path(__file__).parents[1] / "cheats" / "labs"


def until(what, words=""):
    """The first answer of `what` that is something."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, f"{words or what} has not come true"
        time.sleep(0.1)
    return found


class Workshop:
    """One that runs; its seats' machines are its own."""

    def __init__(self, folder, warm=0):
        self.folder, self.warm = folder, warm
        with socket.create_server(("127.0.0.1", 0)) as one:
            self.port = one.getsockname()[1]
        self.home = f"http://127.0.0.1:{self.port}/"
        self.log = folder / "up.log"
        self.env = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "RAMLAB_LABS": str(LABS)}
        self._up = None

    def ramlab(self, *words):
        return [sys.executable, "-m", "ramlab.cli", "workshop", *words]

    def up(self):
        (self.folder / "workshop.toml").write_text(TERMS.format(instructor=INSTRUCTOR, warm=self.warm))
        words = self.ramlab("up", "--demo", "--port", str(self.port))
        with self.log.open("w") as log:
            self._up = subprocess.Popen(
                words, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        until(lambda: self.said("Ctrl-C ends") or self._up.poll() is not None, "the workshop's start")
        assert self._up.poll() is None, self.log.read_text()

    def down(self):
        words = self.ramlab("down", "--out", str(self.folder / "export"))
        done = subprocess.run(words, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        try:
            assert done.returncode == 0, done.stdout + done.stderr
            self._up.wait(60)
        finally:
            if self._up.poll() is None:
                self._up.terminate()
                self._up.wait()

    def said(self, words):
        return words in self.log.read_text()

    @property
    def password(self):
        """The instructor's."""
        (line,) = (line for line in self.log.read_text().splitlines() if f"{INSTRUCTOR}, password " in line)
        return line.split()[-1]

    def pid(self, name):
        """Of a process of the workshop itself."""
        return json.loads((self.folder / "state/ramlab/workshops/workshop/processes.json").read_text())[name]["pid"]

    def processes(self, *words):
        """Those of its seats in whose command line all of `words` are."""
        mark, found = str(self.folder / "state").encode(), []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line, env = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
            except OSError:
                continue
            if all(word.encode() in line for word in words) and mark in env + line:
                found.append(int(folder.name))
        return found

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory, node):
    shop = Workshop(tmp_path_factory.mktemp("workshop"))
    shop.up()
    try:
        yield shop
    finally:
        shop.down()
    until(lambda: shop.processes() == [], "the end of all processes")


@pytest.fixture(scope="module")
def visit(chromium, workshop):
    """A browser of its own; signed in as `name`, and what went wrong in it: errors of scripts, other hosts, CSP."""

    @contextmanager
    def visit(name, password="", *, to="hub/home", **settings):
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 800}} | settings))
        context.set_default_timeout(PATIENCE * 1000)
        page, wrong = context.new_page(), []
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda said: "Content Security Policy" in said.text and wrong.append(f"CSP: {said.text}"))
        ours = (workshop.home, "data:", "blob:")
        page.on("request", lambda asked: asked.url.startswith(ours) or wrong.append(f"elsewhere: {asked.url}"))
        try:
            page.goto(f"{workshop.home}hub/login?next=%2Fhub%2Fhome")
            page.locator("input[name=username]").fill(name)
            page.locator("input[name=password]").fill(password or "any")
            page.keyboard.press("Enter")
            page.wait_for_url(lambda address: address.partition("?")[0].endswith("/hub/home"))
            page.goto(workshop.home + to)
            yield page, wrong
        finally:
            context.close()

    return visit
