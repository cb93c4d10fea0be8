"""11: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests(terminal):
    screen = terminal("11_monitoring")

    sheet = screen.run("cat /root/handover.txt")
    catalogue, orders, pictures, clicks = re.findall(r"^  ([a-z]+) {2,}", sheet, re.MULTILINE)
    assert len(re.findall(r"run: /etc/service/\w+: \(pid \d+\)", screen.run("sv status /etc/service/*"))) == 4
    assert re.search(r"Mem: +4\d\d ", screen.run("free -m"))
    assert len(re.findall(r"^ *\d+ +\d+ +0 ", screen.run("vmstat 1 3"), re.MULTILINE)) == 3

    # By size the catalogue comes first, and all of the pictures before the leaker; growth is in none of these lists.
    by_size = screen.run("ps aux --sort=-%mem | head -n 5")
    assert by_size.index(catalogue) < by_size.index(pictures)
    screen.press("clear; top\n")
    screen.wait(r"MiB Mem(.|\n)*PID +USER")
    screen.press("M")
    screen.wait(rf"PID +USER.*\n.* {catalogue} *\n.* {pictures}\b")
    screen.press("q")
    screen.wait(r"# $")
    screen.press("clear; htop\n")
    screen.wait(r"PID.*USER(.|\n)*F10")
    screen.press("M")
    screen.wait(rf"MEM%.*\n.*{catalogue}")
    screen.press("q")
    screen.wait(r"# $")

    assert re.search(rf"\d+ +{orders}\n", screen.run("ps -eo pid,ppid,pss,uss,rss,comm --sort=-pss | head -n 20"))
    assert re.search(r"\n +\d+ +\d+ .* \d+\.\dM +\d+\.\dM", screen.run("smem -tk | tail -n 8"))
    assert re.search(rf"{pictures} +\d+ +\d+ +\d+", screen.run("smem -t -c 'pid name uss pss rss' | tail -n 12"))

    # Who touches new pages all the time.
    assert re.search(rf"Average: .* {orders}\b", screen.run("pidstat -r 1 2"))
    assert re.search(r"Average: +\d+ +\d+", screen.run("sar -r 1 2"))
    assert "some avg10=" in screen.run("cat /proc/pressure/memory")
    assert re.search(r"Shmem: +\d+ kB", screen.run("grep -E 'Shmem|AnonPages' /proc/meminfo"))

    # df counts what du cannot find.
    place = re.search(r"/srv/\w+", screen.run("df -t tmpfs"))[0]
    assert re.search(r"^4\.0K", screen.run(f"du -sh {place}"))
    assert f"{place}/clicks (deleted)" in screen.run("ls -l /proc/[0-9]*/fd 2>/dev/null | grep deleted")
    assert "Too small a size for current use" in screen.run(f"mount -o remount,size=8M {place}")
    screen.run(f"sv restart {clicks}; mount -o remount,size=8M {place}")
    assert re.search(r"8\.0M", screen.run(f"df -h {place}"))

    screen.press("man pidstat\n")
    screen.wait(r"PIDSTAT\(1\)")
    screen.press("q")
    screen.wait(r"# $")
    assert "holds" in screen.run("workload orders")
    assert "nobody has restarted it" in screen.run("workload press | tail -n 1")
    screen.leave()
