"""13: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests(terminal):
    screen = terminal("13_slab")

    told = dict(re.findall(r"([A-Z]+)=(\w+)", screen.run("cat /usr/local/share/ramlab/parameters.env")))
    certs, guides, cache = told["CERTS"], told["GUIDES"], told["CACHE"]
    assert "<active_objs> <num_objs>" in screen.run("cat /proc/slabinfo | head -n 5")
    screen.press("clear; slabtop\n")
    screen.wait(r"Active / Total Slabs(.|\n)*OBJS ACTIVE")
    screen.press("c")
    # Names of 201 bytes and more take more memory than their dentries.
    screen.wait(r"CACHE SIZE NAME *\n(.* (dentry|kmalloc-rcl-\d+) *\n){2}(.*\n)*.* PING\b")
    screen.press("q")
    screen.wait(r"# $")
    sizes = screen.run("grep -E '^S(lab|[RU])' /proc/meminfo")
    assert re.findall(r"^(\w+): +\d+ kB", sizes, re.MULTILINE) == ["Slab", "SReclaimable", "SUnreclaim"]
    assert re.search(r"Mem: +4\d{5} ", screen.run("free -w"))
    assert negative(screen) > 16000
    options = screen.run("grep -E 'SL[AOU]B' /boot/config-*")
    assert "CONFIG_SLUB=y" in options
    assert not re.search(r"CONFIG_SL[AO]B[ =]", options)

    # What grows, and whose it is.
    shown = screen.run("slabtop -o -s c | head -n 20")
    assert len(re.findall(r"^ *\d{5,} .* (?:dentry|kmalloc-rcl-\d+)$", shown, re.MULTILINE)) == 2
    assert re.search(r"^dentry +\d+ +\d+ +192 +21", screen.run("vmstat -m | grep dentry"), re.MULTILINE)
    charged = r"slab_reclaimable (\d+)\n.*slab_unreclaimable (\d+)"
    asks = re.search(charged, screen.run(f"grep slab /sys/fs/cgroup/{certs}/memory.stat"))
    keeps = re.search(charged, screen.run(f"grep slab /sys/fs/cgroup/{guides}/memory.stat"))
    assert int(asks[1]) > 2 * int(keeps[1])
    assert int(keeps[2]) > 10 * int(asks[2])
    assert guides in screen.run("ps -eo pid,rss,comm --sort=-rss | head -n 20")

    # It is seen at what it does.
    screen.press(f"clear; strace -f -e trace=%file -p $(pgrep -x {certs})\n")
    screen.wait(r'nobody_has_this_name_[\d\n]+", F_OK, 0\) += -1 ENOENT')
    screen.press("\x03")
    screen.wait(r"detached\n(.*\n)*.*# $")
    assert re.search(r" (\d+) +\1 +faccessat2", screen.run(f"timeout 10 strace -c -p $(pgrep -x {certs})"))

    # Merged caches, and what a slab loses.
    assert "PING -> :A-" in screen.run("ls -l /sys/kernel/slab | grep -w PING")
    assert re.search(r"^\d+$", screen.run(f"ls /proc/$(pgrep -x {guides})/fd | wc -l"), re.MULTILINE)
    assert int(screen.run("ss -x | wc -l")) > 1600
    assert re.search(r"^\d+$", screen.run(f"grep . /sys/kernel/slab/{cache}/object_size"), re.MULTILINE)
    assert "distance = auto" in screen.run(f"tail -n 3 /etc/{certs}.conf")

    # Restarted, it gives nothing back; asked for, the kernel does, but not what is weighed at nothing.
    screen.run(f"sed -i 's/^distance = auto/distance = near/' /etc/{certs}.conf; sv restart {certs}")
    assert negative(screen) > 16000
    screen.run("sysctl vm.vfs_cache_pressure=0; echo 2 > /proc/sys/vm/drop_caches")
    assert negative(screen) > 16000
    screen.run("sysctl vm.vfs_cache_pressure=100; echo 2 > /proc/sys/vm/drop_caches")
    assert negative(screen) < 2000
    assert "VERDICT few are new" in screen.run("workload week | tail -n 1")

    # Set, it holds until the night.
    assert "were forgotten" in screen.run("workload night | tail -n 1")
    screen.press("man slabinfo\n")
    screen.wait(r"slabinfo\(5\)")
    screen.press("q")
    screen.wait(r"# $")
    screen.leave()


def negative(screen):
    return int(screen.run("cat /proc/sys/fs/dentry-state").split()[4])
