"""03: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests(terminal):
    screen = terminal("03_swap")

    # The evening: one disk, tight memory, and a job that does not fit.
    assert re.search(r"/dev/vdd +partition +64M +\d+(\.\d)?M +5", screen.run("swapon --show"))
    assert "SWAP_MIB=" in screen.run("cat /usr/local/share/ramlab/parameters.env")
    assert re.search(r"Swap: +63 +\d\d", screen.run("free -m"))
    assert "seen the job killed by signal 9" in screen.run("workload press | tail -n 1")
    assert len(re.findall(r"VmSwap:\s+\d{4,} kB", screen.run("grep VmSwap /proc/[0-9]*/status"))) >= 3
    assert re.search(r"\n18432 -rw.* \d+ \w+ +\d+ \d\d:\d\d \w+-\d+\n", screen.run("ls -ls /dev/shm"))
    assert re.search(r"256M /dev/shm/\w+-\d+", screen.run("fincore /dev/shm/*"))
    assert re.search(r"VmLck:\s+\d{4,} kB", screen.run("grep -E 'VmLck|VmRSS' /proc/$(pgrep -x scand)/status"))
    assert "Killed" in screen.run("swapoff /dev/vdd")
    assert "swapoff invoked oom-killer" in screen.run("dmesg | grep invoked | tail -n 1")

    # What the kernel thinks of files.
    assert "appears to have holes" in screen.run("truncate -s 8M /x; chmod 600 /x; mkswap -q /x; swapon /x")
    assert "insecure permissions 0644" in screen.run("fallocate -l 8M /y; chmod 644 /y; mkswap -q /y; swapon /y")
    assert "UUID=" in screen.run("swapoff /y; mkswap /dev/vdc; swapon -p 10 /dev/vdc")
    screen.run("fallocate -l 100M /swapfile; chmod 600 /swapfile; mkswap /swapfile; swapon -p 20 /swapfile")
    assert "Killed" not in screen.run("swapoff /dev/vdd")
    screen.run("workload night")
    assert re.search(r"/swapfile +file +100M +[\d.]+M +20", screen.run("swapon --show"))
    assert "Operation not permitted" in screen.run("rm /swapfile")

    screen.press("vmstat 1\n")
    screen.wait(r"si +so.*(.*\n){3}.*\d")
    screen.press("\x03")
    screen.wait(r"\^C(.|\n)*# $")
    assert "VERDICT the job got its memory" in screen.run("workload press | tail -n 1")
    assert "/swapfile does not come back" in screen.run("workload boot | tail -n 1")
    screen.run("modprobe zram; zramctl --find --algorithm zstd --size 12M")
    assert re.search(r"/dev/zram0 +zstd +12M", screen.run("zramctl"))
    assert "Device or resource busy" in screen.run("echo lz4 > /sys/block/zram0/comp_algorithm")
    screen.press("man 8 swapon\n")
    screen.wait(r"SWAPON\(8\)")
    screen.press("q")
    screen.wait(r"# $")
    screen.leave()
