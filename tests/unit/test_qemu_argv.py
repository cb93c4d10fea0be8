from dataclasses import replace
from pathlib import Path

import pytest

from containers import qemu
from containers.errors import UsageError
from containers.shape import Disk, Shape, mib

FILES = qemu.Files(
    kernel=Path("/c/vmlinuz"), initrd=Path("/c/initrd"), base=Path("/c/base.img"),
    disk=Path("/m/a,b/disk.qcow2"), disks=(), ram=Path("/c/ram"),
    console=Path("/r/console"), console_log=Path("/m/console.log"), hand=Path("/r/hand"), qmp=Path("/r/qmp"),
)  # fmt: skip
PORTS = qemu.Ports(learner=2222, examiner=2022)


def after(argv, option):
    return [argv[i + 1] for i, word in enumerate(argv) if word == option]


def test_a_fork_differs_from_its_template_in_nothing_that_the_state_depends_on():
    template = qemu.template_argv(Shape(), "tcg", FILES, PORTS, arguments="ramlab.learner=KEY")
    fork = qemu.fork_argv(Shape(), "tcg", FILES, PORTS)

    assert [word.replace("share=on", "share=off") for word in template[:-2]] == fork[:-2]
    assert template[-2:] == ["-append", f"{qemu.KERNEL_ARGUMENTS} ramlab.learner=KEY"]
    assert fork[-2:] == ["-incoming", "defer"]


def test_a_hasty_fork_differs_in_nothing_but_its_translation_buffer():
    fork = qemu.fork_argv(Shape(), "tcg", FILES, PORTS)
    hasty = qemu.fork_argv(Shape(), "tcg", FILES, PORTS, tb_size_mib=256)

    differing = [pair for pair in zip(fork, hasty, strict=True) if pair[0] != pair[1]]
    assert differing == [("tcg,thread=multi,tb-size=32", "tcg,thread=multi,tb-size=256")]


def test_commas_in_paths_are_doubled():
    assert "file=/m/a,,b/disk.qcow2," in after(qemu.fork_argv(Shape(), "tcg", FILES, PORTS), "-drive")[0]


def test_the_learners_disk_is_vda_and_the_base_is_read_only():
    learner, base = after(qemu.fork_argv(Shape(), "tcg", FILES, PORTS), "-drive")

    assert "disk.qcow2" in learner
    assert base.endswith("readonly=on")


def test_further_disks_follow_and_may_be_slow():
    files = replace(FILES, disks=(Path("/m/1.qcow2"), Path("/m/2.qcow2")))
    shape = Shape(disks=(Disk(size="1G"), Disk(size="64M", rate="20M")))

    _learner, _base, fast, slow = after(qemu.fork_argv(shape, "tcg", files, PORTS), "-drive")

    assert fast.startswith("file=/m/1.qcow2,")
    assert "throttling" not in fast
    assert slow.endswith("throttling.bps-total=20971520")


def test_the_doors_are_on_loopback_and_lead_nowhere_else():
    (network,) = after(qemu.fork_argv(Shape(), "tcg", FILES, PORTS), "-netdev")

    assert "restrict=on" in network
    assert network.count("hostfwd=tcp:127.0.0.1:") == network.count("hostfwd=") == 2


def test_kvm_takes_the_hosts_cpu():
    assert after(qemu.fork_argv(Shape(), "kvm", FILES, PORTS), "-cpu") == ["host"]
    assert after(qemu.fork_argv(Shape(), "tcg", FILES, PORTS), "-cpu") == ["max,-cx16,-erms,-fsrm"]


def test_the_shape_reaches_qemu():
    argv = qemu.fork_argv(Shape(memory="1G", cpus=4), "tcg", FILES, PORTS)

    assert after(argv, "-m") == ["1024M"]
    assert after(argv, "-smp") == ["4"]
    assert "size=1024M" in after(argv, "-object")[0]


def test_nodes_share_memory_and_cpus():
    shape = Shape(memory="768M", cpus=3, nodes=2, distances=((10, 20), (20, 10)))
    argv = qemu.fork_argv(shape, "tcg", FILES, PORTS)

    backends = [word for word in after(argv, "-object") if word.startswith("memory-")]
    assert backends == [
        f"memory-backend-file,id=ram{node},size=384M,mem-path=/c/ram-{node},share=off" for node in (0, 1)
    ]
    assert after(argv, "-numa") == [
        "node,nodeid=0,memdev=ram0,cpus=0,cpus=2",
        "node,nodeid=1,memdev=ram1,cpus=1",
        *(f"dist,src={one},dst={two},val={10 if one == two else 20}" for one in (0, 1) for two in (0, 1)),
    ]
    assert after(argv, "-machine") == ["pc,hpet=off"]


def test_a_shapes_kernel_arguments_are_the_templates():
    shape = Shape(kernel_arguments="no5lvl")

    assert after(qemu.template_argv(shape, "tcg", FILES, PORTS, arguments="a=b"), "-append") == [
        f"{qemu.KERNEL_ARGUMENTS} no5lvl a=b"
    ]
    assert shape.key() != Shape().key()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"memmory": "512M"}, r"shape\.memmory is unknown\nlegal keys: memory, cpus"),
        ({"memory": "half"}, "a number of M or G"),
        ({"memory": "4M"}, "legal: 96M to 64G"),
        ({"cpus": "2"}, "has to be of type int|of type <class 'int'>"),
        ({"cpus": 0}, "legal: 1 to 64"),
        ({"nodes": 3}, "of whole MiB each"),
        ({"nodes": 9}, "1 to 8 nodes"),
        ({"nodes": 2, "distances": [[10, 20]]}, "a row for each node"),
        ({"nodes": 2, "distances": [[10, 20], [20, 11]]}, "from itself 10"),
        ({"nodes": 2, "distances": [[10, 255], [20, 10]]}, "11 to 254"),
        ({"nodes": 2, "distances": [10, 20]}, "a row for each node"),
        ({"nodes": 2, "distances": [[10, "20"], [20, 10]]}, "11 to 254"),
        ({"kernel_arguments": "ramlab.learner=x"}, "no5lvl"),
    ],
)
def test_a_wrong_shape_is_refused_by_its_key(table, words):
    with pytest.raises(UsageError) as caught:
        Shape.of(table)
    import re

    assert re.search(words, str(caught.value))


def test_sizes():
    assert (mib("96M"), mib("2G")) == (96, 2048)
    with pytest.raises(UsageError):
        mib("512")
