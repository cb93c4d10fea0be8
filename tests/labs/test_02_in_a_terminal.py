"""02: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests(terminal):
    screen = terminal("02_maps")

    screen.press("cat /proc/$$/maps\n")
    assert "[vdso]" in screen.wait(r"rw-p .*\[stack\]\n.*# $")
    assert re.search(r"atlasd \d+: the tile at address 0x[0-9a-f]+ is damaged", screen.run("workload damaged"))
    kinds = screen.run("file -L /usr/bin/sleep /usr/bin/python3")
    assert re.search(r"sleep: +ELF 64-bit LSB pie executable", kinds)
    assert re.search(r"python3: +ELF 64-bit LSB executable", kinds)
    assert len(re.findall(r"painter", screen.run("ps -eo pid,ppid,vsz,rss,pss,uss,comm | grep painter$"))) == 3
    assert "(deleted)" in screen.run("grep -h /opt/atlas /proc/$(pgrep -x legendd)/maps")
    assert re.search(r"(?s)rw-p .*\[heap\]", screen.run("pmap -X $(pgrep -xo atlasd) | grep heap"))
    assert "00040000" in screen.run("setarch -R cat /proc/self/personality")
    assert screen.run("echo $((0x7f00 - 0x7e00 + 0x200))") == "768"
    assert "mmap_threshold" in screen.run("ld.so --list-tunables | grep malloc")
    assert "brk(NULL)" in screen.run("strace -e brk,mmap,munmap true")

    screen.press("less /proc/$(pgrep -xo atlasd)/smaps\n")
    screen.wait(r"Private_Dirty: +\d+ kB")
    screen.press("q")
    screen.wait(r"# $")
    screen.press("man mallopt\n")
    screen.wait(r"(?i)mallopt\(3\)")
    screen.press("/M_MMAP_THRESHOLD\n")
    screen.wait(r"M_MMAP_THRESHOLD")
    screen.press("q")
    screen.wait(r"# $")

    order = screen.run("workload order")
    assert "300 in [heap], 0 elsewhere" in order
    assert "6 in [heap], 0 elsewhere" in order
    assert "holds 0 kB less" in screen.run("workload clear")
    assert re.search(r"pressd \d+, .* is pressd \d+ now", screen.run("workload restart pressd"))
    screen.leave()
