"""05: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests(terminal):
    screen = terminal("05_oom")

    assert re.search(r"Killed process \d+ \(\w+\) .*anon-rss:\d+kB", screen.run("tail -n 4 /var/log/kern.log"))
    assert len(re.findall(r"\d+ reportgen", screen.run("ps -eo pid,ppid,rss,comm | grep reportgen"))) == 6
    assert "OOM score adjust value: 0" in screen.run("choom -p $(pgrep -xo ledgerd)")

    screen.press("man choom\n")
    screen.wait(r"CHOOM\(1\)")
    screen.press("q")
    screen.wait(r"# $")
    screen.press("top\n")
    screen.wait(r"PID +USER")
    screen.press("M")  # by memory: by CPU time, kernel threads fill the screen
    screen.wait(r"PID +USER(.|\n)*ledgerd")
    screen.press("q")
    # As the machine is, the OOM killer may choose ledgerd.
    assert re.search("VERDICT|seen ledgerd", screen.run("workload press | tail -n 1"))
    screen.leave()
