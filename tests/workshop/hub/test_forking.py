"""Seats are forks, and are what a process would be that had been started for each."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ramlab.workshop.spawning import Forks

TELLER = """
import json, os, signal, sys, time

def main():
    said = {
        "pid": os.getpid(), "session": os.getsid(0), "env": dict(os.environ), "folder": os.getcwd(),
        "chld": signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL, "input": os.readlink("/proc/self/fd/0"),
        "descriptors": sorted(os.listdir("/proc/self/fd"))[:-1],
        "words": open("/proc/self/cmdline").read().rstrip("\\0").split("\\0"),
    }
    with open("said.new", "w") as file:
        json.dump(said, file)
    os.rename("said.new", "said")
    time.sleep(1000)
"""


@pytest.fixture
def teller(tmp_path):
    """The command of a process that forks tellers, and its environment."""
    (tmp_path / "teller.py").write_text(TELLER)
    environment = {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[3]}", "ROOM": "warm"}
    return [sys.executable, "-P", "-m", "ramlab.workshop.forking", "teller"], environment


async def said(home, seconds=60):
    for _ in range(seconds * 20):
        if (home / "said").exists():
            return json.loads((home / "said").read_text())
        await asyncio.sleep(0.05)
    raise AssertionError(f"nothing was said in {home}")


def wanted(home, name):
    return {"env": {"USER": name, "KEY": "own"}, "home": str(home), "name": name}


def test_a_fork_is_a_process_of_its_own(teller, tmp_path):
    async def sit():
        pid = await Forks().fork(*teller, wanted(tmp_path / "homes/ada", "ada"))
        try:
            return pid, await said(tmp_path / "homes/ada")
        finally:
            os.kill(pid, signal.SIGKILL)

    pid, one = asyncio.run(sit())
    assert (one["pid"], one["session"]) == (pid, pid)
    assert one["env"] == {"USER": "ada", "KEY": "own"}
    assert one["folder"] == str(tmp_path / "homes/ada")
    assert one["chld"]
    assert one["input"] == os.devnull
    assert one["descriptors"] == ["0", "1", "2"]
    assert one["words"] == [sys.executable, "-m", "teller", "ada"]


def test_many_are_asked_for_at_once_and_a_forker_that_was_killed_is_replaced(teller, tmp_path):
    async def sit():
        forks = Forks()
        pids = await asyncio.gather(*(forks.fork(*teller, wanted(tmp_path / str(n), f"u{n}")) for n in range(5)))
        (forker,) = {parent_of(pid) for pid in pids}
        os.kill(forker, signal.SIGKILL)
        pids.append(await forks.fork(*teller, wanted(tmp_path / "5", "u5")))
        try:
            return pids, [await said(tmp_path / str(n)) for n in range(6)], forker, parent_of(pids[5])
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)

    pids, those, first, second = asyncio.run(sit())
    assert [one["pid"] for one in those] == pids
    assert [one["env"]["USER"] for one in those] == [f"u{n}" for n in range(6)]
    assert first != second


def test_one_that_cannot_start_is_said(teller):
    argv, environment = teller
    with pytest.raises(OSError, match=r"forking nowhere ended; what it said is above"):
        asyncio.run(Forks().fork([*argv[:-1], "nowhere"], environment, wanted("/nowhere", "ada")))


def test_the_forks_outlive_it(teller, tmp_path):
    argv, environment = teller
    forker = subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    forker.stdin.write(json.dumps(wanted(tmp_path / "ada", "ada")) + "\n")
    forker.stdin.flush()
    pid = json.loads(forker.stdout.readline())["pid"]
    try:
        forker.stdin.close()
        assert forker.wait(60) == 0
        assert asyncio.run(said(tmp_path / "ada"))["pid"] == pid
        os.kill(pid, 0)
    finally:
        os.kill(pid, signal.SIGKILL)
        forker.stdout.close()


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
