"""09: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests(terminal):
    screen = terminal("09_sysctl")

    # What is set, and what the files say. The other way round, a dry run is none.
    assert screen.run("sysctl vm.swappiness; cat /proc/sys/vm/swappiness") == "vm.swappiness = 0\n0"
    assert screen.run("sysctl -w vm.swappiness=10") == "vm.swappiness = 10"
    dry = screen.run("sysctl --dry-run --system")
    assert re.match(r"\* Applying /etc/sysctl.d/10-house.conf \.\.\.\n", dry)
    assert "vm.swappiness = 0" in dry
    assert "/usr/lib/sysctl.d/60" not in dry
    assert screen.run("sysctl vm.swappiness") == "vm.swappiness = 10"
    screen.run("sysctl --system --dry-run")
    assert screen.run("sysctl vm.swappiness") == "vm.swappiness = 0"
    assert "Invalid argument" in screen.run("sysctl -w vm.swappiness=201")
    assert "No such file" in screen.run("ls /etc/sysctl.conf")
    assert "vm.watermark_scale_factor = 10" in screen.run("sysctl -a -r '^vm' | tail -n 5")

    # Misspelt: the one says so, the other does not.
    said = screen.run("sysctl -p /etc/sysctl.d/30-catalogue.conf; echo status $?").replace("\n", "")
    assert re.search(r"cannot stat /proc/sys/vm/vfs_c\w+: No such file or directorystatus 1$", said)
    said = screen.run("sysctl --system; echo status $?")
    assert "cannot" not in said
    assert said.endswith("status 0")

    # Two names for one thing; and what is not written is not set.
    assert screen.run("sysctl -w vm.dirty_bytes=4000000; sysctl vm.dirty_ratio").endswith("vm.dirty_ratio = 0")
    assert screen.run("sysctl -w vm.dirty_ratio=20; sysctl vm.dirty_bytes").endswith("vm.dirty_bytes = 0")
    assert re.search(
        r"nr_dirty_threshold \d+\nnr_dirty_background_threshold \d+", screen.run("grep dirty_ /proc/vmstat")
    )
    screen.run("sed -i '/dirty_expire/d' /etc/sysctl.d/80-*; sysctl --system > /dev/null")
    assert screen.run("sysctl vm.dirty_expire_centisecs") == "vm.dirty_expire_centisecs = 6000"

    # The watermarks.
    assert re.search(r"min +\d+\n +low +\d+\n +high +\d+", screen.run("grep -A 12 'zone *DMA32' /proc/zoneinfo"))
    assert re.match(r"fs.inode-nr = \d+\t*\s*\d+", screen.run("sysctl fs.inode-nr"))

    # 0 is not "avoid swap".
    assert "JOB was killed; oom_kill +1" in screen.run("sysctl -q vm.swappiness=0; workload job")
    assert "JOB is done; oom_kill +0" in screen.run("sysctl -q vm.swappiness=1; workload job")

    # It decides nothing, until somebody else decides.
    assert screen.run("cat /sys/kernel/mm/lru_gen/enabled") == "0x0007"
    assert "at 200: 0 kB in swap" in screen.run("sysctl -q vm.swappiness=200; workload jingles")
    screen.run("echo n > /sys/kernel/mm/lru_gen/enabled")
    assert "VERDICT vm.swappiness decides" in screen.run("workload jingles | tail -n 1")
    assert re.search(r"vm.dirty_expire_centisecs = 3000 after a boot; now it is 6000", screen.run("workload boot"))

    screen.press("man proc_sys_vm\n")
    screen.wait(r"proc_sys_vm\(5\)")
    screen.press("/swappiness\n")
    screen.wait(r"The default value is 60")
    screen.press("q")
    screen.wait(r"# $")
    screen.leave()
