"""07: what the README suggests, typed into a terminal."""

import re

import pytest

pytestmark = pytest.mark.machine
THP = "/sys/kernel/mm/transparent_hugepage"


def test_what_the_readme_suggests(terminal):
    screen = terminal("07_thp")

    assert re.search(r"It wants 1\d\d huge pages of 2 MB", screen.run("cat /root/note.txt"))
    assert "always madvise [never]" in screen.run(f"cat {THP}/enabled")
    # Who had huge pages before the switch has them still.
    screen.run("grep -s AnonHugePages /proc/[0-9]*/smaps_rollup | grep -v ' 0 kB' | cut -d/ -f3 > /tmp/huge")
    assert len(re.findall(r"^\d+$", screen.run("cat /tmp/huge"), re.MULTILINE)) == 2
    services = re.findall(r"run: /etc/service/(\w+): \(pid \d+\)", screen.run("sv status /etc/service/*"))
    assert len(services) == 3
    assert "stardb" in services
    assert "inherit" in screen.run(f"grep . {THP}/hugepages-*/enabled")
    assert "max_ptes_none:511" in screen.run(f"grep . {THP}/khugepaged/*")
    assert re.search(r"thp_fault_alloc [1-9]", screen.run("grep -E 'thp_(fault|coll|split_p)' /proc/vmstat"))
    assert re.search(r"HugePages_Free: +0\n", screen.run("grep -i huge /proc/meminfo"))
    assert "MADV_HUGEPAGE" in screen.run("head -n 12 /usr/local/sbin/stardb")
    assert "PR_SET_THP_DISABLE" in screen.run("cat /usr/local/bin/nothp")
    status = screen.run("grep -E 'THP_enabled|HugetlbPages' /proc/$(pgrep -x stardb)/status")
    assert "THP_enabled:\t1".expandtabs() in status
    assert "THP_enabled:\t0".expandtabs() in screen.run("nothp grep THP_enabled /proc/self/status")

    # A page fault brings 4 kB, or 2 MB.
    small = int(re.search(r"(\d+) minor faults, AnonHugePages 0 kB", screen.run("workload buffer"))[1])
    screen.run(f"echo always > {THP}/enabled")
    assert f" {small // 512} minor faults" in screen.run("workload buffer")
    screen.run(f"echo never > {THP}/enabled")

    assert "khugepaged has gone round" in screen.run("workload switch")
    screen.run("people='anna bela carl dora emil fred'")
    found = screen.run("for one in $people; do grep AnonHuge /proc/$(pgrep -ox $one)/smaps_rollup; done")
    assert len(re.findall(r"AnonHugePages: +[24]\d\d\d kB", found)) == len(re.findall(r" 0 kB", found)) == 3
    screen.run("pkill -x 'anna|bela|carl|dora|emil|fred'")

    # The bloat goes with a restart, as `never` is set.
    (job,) = (name for name in services if "2097152" in screen.run(f"cat /etc/service/{name}/run"))
    before = re.search(r"Rss: +(\d+) kB", screen.run(f"grep Rss /proc/$(pgrep -x {job})/smaps_rollup"))[1]
    screen.run(f"sv restart {job}; until tail -n 1 /var/log/{job}.log | grep $(pgrep -x {job}); do :; done")
    after = re.search(r"Rss: +(\d+) kB", screen.run(f"grep Rss /proc/$(pgrep -x {job})/smaps_rollup"))[1]
    assert int(before) - int(after) > 100_000

    assert "No space left" in screen.run("mount -t hugetlbfs none /mnt; fallocate -l 8M /mnt/x; umount /mnt")
    screen.press("man process_madvise\n")
    screen.wait(r"process_madvise\(2\)")
    screen.press("q")
    screen.wait(r"# $")
    assert "in huge pages" in screen.run("workload night | tail -n 1")
    assert "huge pages are refused" in screen.run("workload correlate | tail -n 1")
    screen.leave()
