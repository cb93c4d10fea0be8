"""The witness reads a machine's kernel from outside; forging what the examiner sees does not fool it."""

import pytest

from checkers import hugetlb, processes, swaps, sysctl, thp
from containers import backend, outside, witness
from containers.layout import SYSCTLS, Layout
from containers.shape import Shape
from ramlab import witnessing

STAGE = """
sysctl -qw vm.swappiness=17 vm.dirty_bytes=1048576 vm.nr_hugepages=3 vm.overcommit_memory=1 vm.overcommit_kbytes=4096
echo madvise > /sys/kernel/mm/transparent_hugepage/enabled
dd if=/dev/zero of=/spare.swap bs=1M count=20 status=none; chmod 600 /spare.swap; mkswap -q /spare.swap
swapon -p 5 /spare.swap
setsid sh -c 'echo -17 > /proc/self/oom_score_adj; exec python3 -IS -c "
import signal; kept = b\\"x\\" * (30 << 20); print(len(kept), flush=True); signal.pause()"' </dev/null >/run/kept 2>&1 &
timeout 300 sh -c 'until [ -s /run/kept ]; do sleep 0.1; done'
"""
FILL = """
for number in $(seq 3000); do
    echo "line $number of those that fill the ring, with so many letters that some reach over its end" > /dev/kmsg
done
"""
HOSTILE = r"""
setsid python3 -IS -c "
import ctypes, signal
ctypes.CDLL(None).prctl(15, b'\\xff) S\\n1/stat:\\xc3')
print(1, flush=True); signal.pause()" </dev/null >/run/hostile 2>&1 &
timeout 300 sh -c 'until [ -s /run/hostile ]; do sleep 0.1; done'
"""


@pytest.mark.parametrize("shape", [Shape(), Shape(system="lab-6.1")], ids=["6.12", "6.1"])
def test_it_says_what_an_honest_examiner_sees(start, shape):
    machine = start("witness", shape)
    assert machine.learner.run(STAGE + HOSTILE).status == 0

    said = witness.look(machine)

    host = backend.host_of(machine.examiner)
    assert said.sysctls == sysctl.read(host, *SYSCTLS)
    assert (said.sysctls["vm.swappiness"], said.sysctls["vm.dirty_bytes"], said.thp) == (17, 1 << 20, "madvise")
    (area,) = said.swaps
    (seen,) = swaps.read(host)
    assert (area.name, area.priority, area.size_kb) == ("spare.swap", 5, seen.size_kb)
    assert said.swap_total_kb == said.swap_free_kb == area.size_kb
    assert thp.read(host).enabled == said.thp
    assert {size: pool.total for size, pool in hugetlb.read(host).items()} == {
        size: pool.total for size, pool in said.hugepages.items()
    }
    assert said.hugepages[2048].free == 3
    (big,) = (one for one in said.processes if one.rss_kb > 30 << 10)
    (its,) = (one for one in processes.table(host) if one.pid == big.pid)
    assert (big.name, big.oom_score_adj) == (its.name, its.oom_score_adj) == ("python3", -17)
    assert abs(big.rss_kb - its.rss_kb) <= 2048
    odd = "\N{REPLACEMENT CHARACTER}"
    assert f"{odd}) S\n1/stat:{odd}" in [one.name for one in said.processes]
    assert witnessing.contradictions(machine) == []
    assert machine.learner.run("echo still here").stdout == "still here\n"


def test_it_notices_a_forged_examiner(start):
    """Root in the machine can get into the examiner's own mount namespace, which no check can see."""
    machine = start("forged")
    machine.learner.run("setsid sleep 1000000 >/dev/null 2>&1 </dev/null &")
    examiner = machine.examiner.run("echo $PPID; readlink /proc/$PPID/ns/mnt").stdout.split()
    forge = """
    for pid in $(pgrep dropbear); do
        [ "$(readlink /proc/$pid/ns/mnt)" = "$2" ] || continue
        nsenter --target $pid --mount -- sh -c '
            mkdir -p /tmp/f && cd /tmp/f && echo 1 > swappiness && mount --bind swappiness /proc/sys/vm/swappiness
            printf "Filename Type Size Used Priority\\n/lie file 1024 0 -2\\n" > swaps && mount --bind swaps /proc/swaps
            mount -t tmpfs none /proc/$(pgrep -x sleep)'
        break
    done
    """
    done = machine.learner.run(f"sh -s {' '.join(examiner)}", stdin=f"set -- {' '.join(examiner)}\n{forge}")
    assert done.status == 0, done
    seen = machine.examiner.run("cat /proc/sys/vm/swappiness; tail -n 1 /proc/swaps").stdout
    assert seen == "1\n/lie file 1024 0 -2\n"

    said = witnessing.contradictions(machine)

    assert "sysctls vm.swappiness: the examiner sees 1, the memory says 60" in said
    assert any(line.startswith("swaps: the examiner sees {('lie', 1024, -2)}") for line in said)
    assert any("(sleep): the examiner does not see it" in line for line in said)
    assert len(said) == 3


@pytest.mark.parametrize("shape", [Shape(), Shape(system="lab-6.1")], ids=["6.12", "6.1"])
def test_the_kernels_log_is_read_from_outside_also_when_it_was_cleared(start, shape):
    machine = start("log", shape)
    assert machine.learner.run(FILL).status == 0
    shown = machine.examiner.run("dmesg").stdout

    read = witness.kernel_log(machine)

    assert read == shown
    assert "line 3000 of those" in read.splitlines()[-1]
    assert "Linux version" not in read  # the ring has been round
    machine.learner.run("dmesg --clear")
    assert machine.examiner.run("dmesg").stdout == ""
    assert witness.kernel_log(machine) == read


def test_asking_qemu_gives_the_same_as_reading_its_memory(start):
    """A host may let nobody read another process's memory."""
    machine = start("asked")
    layout = Layout.of(machine.template)
    with outside.standing_still(machine) as (seen, _):
        assert seen.memory
        asked = outside.Outside(seen.command)

        assert asked.memory is None
        assert witness.facts(asked, layout) == witness.facts(seen, layout)
