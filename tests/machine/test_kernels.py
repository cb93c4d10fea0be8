"""Machines with another kernel, on the same root file system or on one of its own."""

import contextlib
import subprocess

import pytest

from containers.errors import MachineError, UsageError
from containers.layout import Layout
from containers.shape import Shape
from ramlab import witnessing


# slow: an image of its own is built, and a template.
@pytest.mark.slow
def test_the_kernel_of_another_suite(start):
    older, usual = start("kernel", Shape(memory="256M", system="lab-6.1")), start("kernel")

    assert older.examiner.run("uname -r").stdout.startswith("6.1.")
    assert usual.examiner.run("uname -r").stdout.startswith("6.12.")
    # Its own modules are there.
    swap = older.learner.run("modprobe zram && at=$(zramctl --find --size 16M) && mkswap $at && swapon $at")
    assert swap.status == 0, swap


# slow: an image of its own is built, and a template.
@pytest.mark.slow
def test_a_kernel_of_32_bits(start):
    machine = start("highmem", Shape(memory="1536M", system="lab-i386"))

    assert machine.examiner.run("uname -m").stdout == "i686\n"
    assert machine.learner.run("uname -m").stdout == "i686\n"
    assert "zone  HighMem\n" in machine.examiner.run("cat /proc/zoneinfo").stdout
    high = machine.learner.run("awk '/^HighTotal/ { print $2 }' /proc/meminfo").stdout
    assert 500_000 < int(high) < 700_000
    # The doors are two: what the learner does to a program is not seen at the other one.
    machine.learner.run("printf '#!/bin/sh\\necho a lie\\n' > /usr/bin/uname")
    assert machine.learner.run("uname").stdout == "a lie\n"
    assert machine.examiner.run("uname").stdout == "Linux\n"
    # They open again, as their keys are where they were.
    subprocess.run(machine.learner.argv("pkill -9 dropbear"), capture_output=True, timeout=60, check=False)
    for door in (machine.examiner, machine.learner):
        for _ in range(3):  # the old connection has to be noticed to be gone
            with contextlib.suppress(MachineError):
                door.run("true")
        assert door.run("echo open").stdout == "open\n"
    # Its page tables are of another kind.
    with pytest.raises(UsageError, match="32 bits"):
        Layout.of(machine.template)
    with pytest.raises(UsageError, match="32 bits"):
        witnessing.contradictions(machine)
