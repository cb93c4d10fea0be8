"""Machines with another kernel, on the same root file system."""

import pytest

from containers.shape import Shape


# slow: an image of its own is built, and a template.
@pytest.mark.slow
def test_the_kernel_of_another_suite(start):
    older, usual = start("kernel", Shape(memory="256M", system="lab-6.1")), start("kernel")

    assert older.examiner.run("uname -r").stdout.startswith("6.1.")
    assert usual.examiner.run("uname -r").stdout.startswith("6.12.")
    # Its own modules are there.
    swap = older.learner.run("modprobe zram && at=$(zramctl --find --size 16M) && mkswap $at && swapon $at")
    assert swap.status == 0, swap
