"""01: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def column(screen, name):
    """A column of the last `free` on a screen."""
    heads, memory = re.findall(r"^ +(total .*)\nMem: +(.*)", screen, re.MULTILINE)[-1]
    return memory.split()[heads.split().index(name)]


def test_what_the_readme_suggests(terminal):
    screen = terminal("01_free")

    assert re.search(r"^ALARM: memory is \d\d % used", screen.run("head -n 3 /root/alarm.txt"))
    assert re.search(r"Mem: +336Mi", screen.run("free -h"))
    assert re.search(r"Cached: +\d{6} kB\n.*SwapCached: +0 kB", screen.run("cat /proc/meminfo | grep -i cached"))
    assert {"orders", "part-1", "part-2"} <= set(
        screen.run("fuser -v /srv/spool/*/* 2>&1 | cat; ls /srv/spool/*").split()
    )
    assert re.search(r"SIZE +FILE\n.*/archive", screen.run("fincore /srv/*/archive"))

    before = int(column(screen.run("free -w -m"), "buffers"))
    screen.run("dd if=/dev/vda of=/dev/null bs=1M count=30")
    assert int(column(screen.run("free -w -m"), "buffers")) >= before + 20

    # The learner's own workload is told none of the answers, and sees for itself who is who.
    assert "drop_shared: 0 kB" in screen.run("workload drop")
    assert "READY free" in screen.run("workload again")
    assert "seen available" in screen.run("workload night")

    screen.press("man free\n")
    screen.wait(r"FREE\(1\)")
    screen.press("q")
    screen.wait(r"# $")
    screen.leave()


def test_watch_sees_what_another_terminal_does(terminal):
    """`watch -n 1 free -m` in one terminal, the leftovers go in another one: at once, or when nobody has them open."""
    watching, working = terminal("01_free"), terminal("01_free")
    watching.press("watch -n 1 free -m\n")
    shared = int(column(watching.wait(r"Every 1\.0s: free -m(.|\n)*Mem:.*\n"), "shared"))
    fallen = "|".join(str(shared - part) for part in range(43, 52))

    working.run("rm /srv/spool/*/part-1")
    watching.wait(rf"Mem:( +\d+){{3}} +({fallen}) ")
    held = column(working.run("rm /srv/spool/*/part-2; free -m"), "shared")
    assert re.fullmatch(fallen, held)
    assert "seen available" in working.run("workload newcomer")

    holder = working.run("ls -l /proc/*/fd 2>/dev/null | grep '(deleted)' | tail -n 1")
    working.run(f"pkill -x {re.search('/srv/spool/([a-z]+)/part-2', holder)[1]}")
    watching.wait(r"Mem:( +\d+){3} +1\d ")
    assert "VERDICT the newcomer got its" in working.run("workload newcomer | tail -n 1")
    watching.press("\x03")
    watching.wait(r"# $")
    working.leave()
    watching.leave()
