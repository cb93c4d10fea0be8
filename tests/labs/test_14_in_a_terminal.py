"""14: what the README suggests, typed into a terminal, on both machines."""

import re

import pytest

pytestmark = pytest.mark.machine


def test_what_the_readme_suggests(terminal):
    screen = terminal("14_zones")

    told = dict(re.findall(r"([A-Z_]+)=(\w+)", screen.run("cat /usr/local/share/ramlab/parameters.env")))
    ring = told["RING"]
    shown = screen.run("grep -E '^Node|pages free|managed|start_pfn' /proc/zoneinfo")
    managed = dict(re.findall(r"zone +(\w+)\n +pages free +\d+\n +managed +(\d+)", shown))
    assert managed["Normal"] == "0"
    assert min(int(managed[name]) for name in ("DMA", "DMA32", "Movable")) > 3000
    marks = screen.run("grep -E '^Node|  (boost|min|low|high)  |protection' /proc/zoneinfo")
    assert re.search(
        r"zone +DMA32\n +boost +\d+\n +min +\d+\n +low +\d+\n +high +\d+\n +protection: \(0, 0, 0, \d+, \d+\)", marks
    )
    assert pieces(screen) < 8
    assert "Number of blocks type" in screen.run("grep -A 4 blocks /proc/pagetypeinfo")
    assert "Free pages count per migrate type" in screen.run("cat /proc/pagetypeinfo | head -n 30")
    assert "movablecore=160M" in screen.run("cat /proc/cmdline")

    # A page of each buffer, and where the border is.
    first = int(re.search(r"Movable\n.*free.*\n.*managed.*\n +start_pfn: +(\d+)", shown)[1])
    lines = re.findall(r"^(\w+) (\d+) (0x\w+)$", screen.run("cat /run/*.buffers"), re.MULTILINE)
    frames = [int(screen.run(f"workload frame {pid} {place}").split()[-1]) for _, pid, place in lines]
    assert [side for side, _, _ in lines] == ["north", "east", "south", "west"]
    assert len([frame for frame in frames if frame >= first]) == 2

    # Who has locked what; more addresses than pages.
    pid = re.search(r"^(\d+)$", screen.run(f"pgrep -xo {ring}"), re.MULTILINE)[1]
    addresses = int(
        re.search(rf"/proc/{pid}/status:VmLck:\s+(\d+) kB", screen.run("grep -H VmLck /proc/[0-9]*/status"))[1]
    )
    locked = int(screen.run(f"grep Locked: /proc/{pid}/smaps | awk '{{ kb += $2 }} END {{ print kb }}'").split()[-1])
    assert addresses > 3 * locked > 20_000
    assert f"{locked // 4} frames, all whole" in screen.run("workload ring")
    shown = screen.run("sysctl -a 2> /dev/null | grep compact")
    assert "vm.compact_unevictable_allowed = 0" in shown
    assert "70-low-latency.conf:vm.compact_unevictable_allowed = 0" in screen.run("grep -r . /etc/sysctl.d")
    screen.run("echo 1 > /proc/sys/vm/compact_memory")
    assert pieces(screen) < int(told["PIECES"])
    assert "pieces of 2 MiB, and no more were to be had" in screen.run("workload morning | tail -n 1")
    screen.run("sed -i 's/= 0/= 1/' /etc/sysctl.d/70-low-latency.conf")
    assert "VERDICT the pool is filled" in screen.run("workload morning | tail -n 1")
    screen.run("echo 1 > /proc/sys/vm/compact_memory; echo 1 > /proc/sys/vm/compact_memory")
    assert pieces(screen) >= int(told["PIECES"])
    assert int(re.search(r"compact_isolated (\d+)", screen.run("grep compact_ /proc/vmstat"))[1]) > 1000

    # The same number once more, and the watermarks fit it.
    shown = screen.run("sysctl vm.min_free_kbytes vm.watermark_scale_factor vm.lowmem_reserve_ratio")
    kb = int(re.search(r"min_free_kbytes = (\d+)", shown)[1])
    screen.run(f"sysctl vm.min_free_kbytes={kb}")
    low = sum(int(managed[name]) for name in ("DMA", "DMA32"))
    marks = screen.run("grep -E '^Node|  (boost|min|low|high)  |protection' /proc/zoneinfo")
    least = re.search(r"zone +DMA32\n +boost +\d+\n +min +(\d+)", marks)
    assert int(least[1]) == kb // 4 * int(managed["DMA32"]) // low
    screen.press("man proc_zoneinfo\n")
    screen.wait(r"proc_zoneinfo\(5\)")
    screen.press("q")
    screen.wait(r"# $")
    screen.leave()


def test_the_machine_of_32_bits(terminal):
    screen = terminal("14_zones.highmem")

    assert re.search(r"^Low: +8\d\d .*\nHigh: +6\d\d ", screen.run("free -lm"), re.MULTILINE)
    assert "zone  HighMem" in screen.run("grep zone /proc/zoneinfo | grep -v nr_")
    workload(screen, "release", "pilotd")
    before = free(screen)
    workload(screen, "hold", "pilotd")
    after = free(screen)
    assert before["HighFree"] - after["HighFree"] > 30_000
    assert abs(before["LowFree"] - after["LowFree"]) < 4096
    low = []
    for name in ("ferryd", "quayd", "craned", "tided", "buoyd"):
        workload(screen, "release", name)
        before = free(screen)
        workload(screen, "hold", name)
        after = free(screen)
        if before["LowFree"] - after["LowFree"] > 6000:
            low.append(name)
        else:
            assert before["HighFree"] - after["HighFree"] > 3000
    assert len(low) == 2
    assert "/run" not in screen.run(f"cat /proc/$(pgrep -x {low[0]})/maps | tail -n 3")
    assert "socket:" in screen.run(f"ls -l /proc/$(pgrep -x {low[0]})/fd | head -n 8")
    screen.leave()


def blocks(screen):
    """The free blocks of Movable by their order."""
    line = re.search(r"zone +Movable((?: +\d+)+)", screen.run("cat /proc/buddyinfo"))[1]
    return [int(number) for number in line.split()]


def pieces(screen):
    *_, two, four = blocks(screen)
    return two + 2 * four


def free(screen):
    return {
        name: int(kb) for name, kb in re.findall(r"(\w+): +(\d+) kB", screen.run("grep -E 'High|Low' /proc/meminfo"))
    }


def workload(screen, order, name):
    assert re.search(rf"^{name} \d+ (holds|free)", screen.run(f"workload {order} {name}"), re.MULTILINE)
