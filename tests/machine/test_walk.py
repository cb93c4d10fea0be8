"""`ramlab walk` on machines that run: it agrees with what the process sees, and nobody is disturbed."""

import pytest

from containers import layout as layouts
from containers import outside, paging, tasks
from containers.shape import Shape

TWO_NODES = Shape(memory="192M", nodes=2, cpus=2, distances=((10, 21), (21, 10)), kernel_arguments="no5lvl")
ACTOR = r"""
import ctypes, mmap, os, signal
PAGE = 4096
area = mmap.mmap(-1, 2 * PAGE)
area[5:10] = b"HELLO"
place = ctypes.addressof(ctypes.c_char.from_buffer(area))
with open("/proc/self/pagemap", "rb") as pagemap:
    pagemap.seek(place // PAGE * 8)
    frame = int.from_bytes(pagemap.read(8), "little") & (1 << 55) - 1
with open("/root/said.part", "w") as said:
    said.write(f"{os.getpid()} {place} {frame}")
os.rename("/root/said.part", "/root/said")
signal.pause()
"""


def with_a_sleeper(machine):
    """A process that sleeps: pid, address and page frame that it tells."""
    machine.learner.run("cat > /root/actor.py", stdin=ACTOR)
    said = machine.learner.run(
        "setsid python3 -IS /root/actor.py >/dev/null 2>&1 </dev/null &"
        " while ! [ -e /root/said ]; do sleep 0.1; done; cat /root/said",
        timeout=300,
    ).stdout
    return tuple(map(int, said.split()))


@pytest.mark.parametrize(
    ("shape", "levels", "nodes"), [(Shape(), 5, "10\n"), (TWO_NODES, 4, "10 21\n21 10\n")], ids=["5 levels", "4 levels"]
)
def test_a_sleeping_process_is_found_and_its_page(start, shape, levels, nodes):
    machine = start("walk", shape)
    assert machine.learner.run("cat /sys/devices/system/node/node*/distance").stdout == nodes
    pid, place, frame = with_a_sleeper(machine)
    layout = layouts.Layout.of(machine.template)

    with outside.standing_still(machine) as (seen, standstill):
        assert standstill.seconds == 0
        task = tasks.find(seen, layout, pid)
        found = seen.walk(place + 5, seen.walk(task.root).physical)
        content = seen.physical(found.physical, 5)
        nobody = tasks.find(seen, layout, pid + 1000), tasks.find(seen, layout, 1), tasks.find(seen, layout, 2)

    assert (task.pid, task.comm) == (pid, "python3")
    assert (found.physical, content) == (frame * paging.PAGE + 5, b"HELLO")
    assert (seen.levels, len(found.entries)) == (levels, levels)
    assert (nobody[0], nobody[1].comm, nobody[2].comm, nobody[2].root) == (None, "busybox", "kthreadd", None)
    assert standstill.seconds > 0
    assert machine.learner.run("echo still here").stdout == "still here\n"


def test_the_machine_runs_on_whatever_goes_wrong_meanwhile(machine):
    with pytest.raises(ZeroDivisionError), outside.standing_still(machine):
        _ = 1 / 0

    assert machine.learner.run("echo still here").stdout == "still here\n"
