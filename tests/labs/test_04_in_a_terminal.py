"""04: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests(terminal):
    screen = terminal("04_page_cache")

    assert re.search(r"(?m)^Cached: +\d+ kB", screen.run("cat /proc/meminfo | grep -i 'cached'"))
    assert "real" in screen.run("time cat /srv/shop/hot.db > /dev/null")
    hot = re.search(r"(\d+) +\d+M /srv/shop/hot.db", screen.run("fincore /srv/shop/*.db"))
    assert hot
    assert int(hot[1]) >= 2560
    screen.run("sync; echo 3 > /proc/sys/vm/drop_caches")
    cold = screen.run("fincore /srv/shop/*.db")
    assert re.search(r" 0 +\d+M /srv/shop/hot.db", cold)
    assert not re.search(r" 0 +\d+M /srv/shop/stock.db", cold)
    assert re.search(
        r"/dev/shm/\w+\.tmp", screen.run("find $(df -t tmpfs --output=target | tail -n +2) -xdev -size +1M")
    )
    assert re.search(r"VmLck:\s+[1-9]\d+ kB", screen.run("grep VmLck /proc/[0-9]*/status | grep -v ' 0 kB'"))

    screen.run("vmtouch -e /srv/shop/index.db")
    screen.run("head -c 1 /srv/shop/index.db")
    assert "0-3 (4)" in screen.run("workload pages /srv/shop/index.db")
    screen.run("vmtouch -p 4M-4100k -t /srv/shop/index.db")
    assert "(32)" in screen.run("workload pages /srv/shop/index.db")
    assert "Resident Pages" in screen.run("vmtouch -v /srv/shop/index.db")

    for page in ("fincore", "vmtouch", "nocache", "2 mincore", "2 posix_fadvise", "proc_sys_vm", "xfs_io"):
        screen.press(f"man {page}\n")
        screen.wait(rf"(?i){page.split()[-1]}\(\d\)")
        screen.press("q")
        screen.wait(r"# $")
    assert re.search(r"vm.dirty_bytes = 0", screen.run("sysctl -a | grep dirty"))
    assert "left during the backup" in screen.run("workload night | tail -n 1").replace("\n", "")
    assert "Dirty or in Writeback at once" in screen.run("workload tills | tail -n 1").replace("\n", "")
    screen.leave()
