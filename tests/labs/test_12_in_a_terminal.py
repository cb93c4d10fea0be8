"""12: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests(terminal):
    screen = terminal("12_translation")

    assert screen.run(". /usr/local/share/ramlab/parameters.env; echo $TABLES_KB").isdigit()
    said = re.search(r"pilotd (\d+): the buoy is at address (0x[0-9a-f]+)", screen.run("workload buoy"))
    pid, address = said.groups()
    assert screen.run("grep -o -m1 la57 /proc/cpuinfo | head -1") in ("la57", "")
    assert screen.run("a=0x7f12345678; echo $((a >> 12 & 511)) $((a & 4095))") == "325 1656"
    # A long line would wrap, so what the README has for it is made a word of.
    screen.run("e() { dd if=/proc/$1/pagemap bs=8 skip=$(($2 / 4096)) count=1 2>/dev/null; }")
    screen.run("bits() { od -An -tx8; }")
    entry = screen.run(f"e {pid} {address} | bits").strip()
    assert re.fullmatch(r"80800[0-9a-f]{11}", entry), entry
    screen.run("P=$(pgrep -x hornd); A=0x$(grep -m1 heap /proc/$P/maps | cut -d- -f1)")
    screen.run("export -f e")
    assert re.fullmatch(r"8[01]80+", screen.run("chpst -u nobody bash -c 'e $0 $1' $P $A | bits").strip())
    assert "look_then_write" in screen.run("workload faults")
    assert re.search(r"warm \d+ 0\s+cold \d+ \d+", screen.run("workload measure"))
    assert re.search(r"VmPTE:\s+\d{4,} kB", screen.run("grep -E 'VmPTE|VmRSS' /proc/$(pgrep -x logbookd)/status"))
    assert re.search(r"PageTables: +\d+ kB", screen.run("grep PageTables /proc/meminfo"))
    assert "pilotd" in screen.run("ps -eo pid,min_flt,maj_flt,comm | grep pilotd")
    assert re.search(r"VmLck:\s+0 kB", screen.run("grep -E 'Vm(Lck|Swap)' /proc/$(pgrep -x hornd)/status"))
    assert "1048576" in screen.run("grep locked /proc/$(pgrep -x hornd)/limits")
    assert re.search(r"\d+ entries in \d+ kB of RAM", screen.run("workload logbook"))
    assert "page faults of hornd" in screen.run("workload alarm")
    assert "HORN_MEMORY=lazy" in screen.run("cat /etc/sv/hornd/run")
    screen.press("man 2 mlockall\n")
    screen.wait(r"(?i)mlock\(2\)")
    screen.press("q")
    screen.wait(r"# $")
    screen.leave()
