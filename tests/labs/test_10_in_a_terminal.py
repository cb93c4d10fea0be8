"""10: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests(terminal):
    screen = terminal("10_overcommit")

    assert re.search(r"CommitLimit: +\d+ kB\nCommitted_AS: +\d+ kB", screen.run("grep -i commit /proc/meminfo"))
    assert "REFUSED after 0 MiB: Cannot allocate memory" in screen.run("workload ask 600")
    assert "PROMISED all of it" in screen.run("workload ask 600 1")
    assert screen.run("sysctl vm.swappiness") == "vm.swappiness = 60"
    assert screen.run("sysctl -w vm.swappiness=10") == "vm.swappiness = 10"
    assert "vm.overcommit_memory = 0" in screen.run("sysctl -a -r overcommit")
    assert re.match(
        r"\s+PID\s+VSZ\s+RSS COMMAND\n.* cashd\n.* seatmapd\n", screen.run("ps -eo pid,vsz,rss,comm --sort=-vsz | head")
    )
    assert "total kB" in screen.run("pmap -x $(pgrep -x ticketd) | tail -n 1")

    screen.press("man proc_sys_vm\n")
    screen.wait(r"proc_sys_vm\(5\)")
    screen.press("/CommitLimit =\n")
    screen.wait(r"total_huge_TLB")
    screen.press("q")
    screen.wait(r"# $")
    screen.press("top\n")
    screen.wait(r"PID +USER.*VIRT +RES(.|\n)*\d")
    screen.press("q")
    screen.wait(r"# $")
    screen.press("less /proc/$(pgrep -x cashd)/smaps\n")
    screen.wait(r"VmFlags: rd")
    screen.press("q")
    screen.wait(r"# $")
    screen.leave()


def test_the_way_back(terminal):
    screen = terminal("10_overcommit")
    screen.run("sysctl -w vm.overcommit_kbytes=60000")
    screen.run("sysctl -w vm.overcommit_memory=2")

    assert "fork: Cannot allocate memory" in screen.run("ls /")
    assert screen.run("echo 0 > /proc/sys/vm/overcommit_memory") == ""
    assert "proc" in screen.run("ls /")
    screen.leave()
