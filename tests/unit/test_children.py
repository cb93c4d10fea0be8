"""Processes of several threads: none begins once they were closed, and none that has begun is forgotten."""

import threading
import time
from collections import UserDict

from ramlab.children import Children


class ClosedMeanwhile(UserDict):
    """An environment; when it is read, between `run` and the process's start, somebody presses Ctrl-C."""

    def __init__(self, children):
        super().__init__(LANG="C")
        self.children = children

    def __iter__(self):
        self.children.close()
        return super().__iter__()


def test_what_was_about_to_begin_does_not():
    children = Children()

    ended = children.run(["sleep", "5"], environment=ClosedMeanwhile(children))

    assert (ended.status, ended.pid) == (-1, 0)
    assert children.run(["true"]).pid == 0


def test_close_ends_what_runs(tmp_path):
    children = Children()
    found = []

    def run(name):
        found.append(children.run(["sh", "-c", f"touch {tmp_path / name}; exec sleep 1000"]))

    threads = [threading.Thread(target=run, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 3 and time.monotonic() < end:
        time.sleep(0.01)

    children.close()

    for thread in threads:
        thread.join(60)
    assert [ended.status for ended in found] == [-2] * 3
