"""What there is to boot: a table of the images that the one recipe makes."""

from dataclasses import dataclass

SUITE = "trixie"
"""Debian's suite that an image is of, where its system does not say otherwise."""
HELD = "/srv/lab.tar"
"""Where an image has the container image that it `holds`."""


@dataclass(frozen=True, kw_only=True)
class System:
    """What an image is made from, beside what all have. Names are of files in this folder."""

    packages: tuple[str, ...]
    """Lists of Debian packages."""
    suite: str = SUITE
    architecture: str = "amd64"
    """As Debian calls it; a host that is amd64 runs i386's programs as well, so that it can build for both."""
    kernel_package: str = "linux-image-amd64"
    """Which depends on the kernel's own package, whose name has its version in it."""
    kernel_from: str = SUITE
    """Debian's suite whose kernel it boots; everything else is of the image's own suite."""
    adapt: str = ""
    """A script that is run in the new root before everything else, where the usual recipe does not fit it."""
    updates: bool = True
    """Whether what Debian has mended since the suite's last point release is in it."""
    disk_size: str
    """What the learner's file system can grow to; the file is sparse."""
    tb_size_mib: int = 32
    """TCG's translation buffer, the largest part of what a machine costs: with 64 MiB a busy lab machine saves a third
    of its time, and costs 35 MB more in each that has been busy once."""
    container: bool = False
    """Whether it is a container's image as well: then its root is kept as a tar."""
    holds: str = ""
    """The system whose container image lies in it, as HELD."""
    warm_up: str = ""
    """A script that is run at the learner's door of a template; $1 is the tag of what it holds."""


SYSTEMS = {
    "lab": System(packages=("packages.txt",), disk_size="2G", container=True),
    "lab-6.1": System(packages=("packages.txt",), kernel_from="bookworm", disk_size="2G"),  # it has cgroup v1
    # For recordings (tests/data/record.py); it changes from month to month, so no lab has it.
    "lab-newer": System(packages=("packages.txt",), kernel_from="trixie-backports", disk_size="2G"),
    # 32 bits, for ZONE_HIGHMEM: bookworm is the last suite with such a kernel. Without updates: a mirror that had them
    # for amd64 was seen to lag behind with i386's lists, and apt refuses such. Nothing reaches the machine.
    "lab-i386": System(
        packages=("packages.txt",),
        suite="bookworm",
        architecture="i386",
        kernel_package="linux-image-686-pae",
        kernel_from="bookworm",
        adapt="i386.sh",
        updates=False,
        disk_size="2G",
    ),
    "dockerhost": System(
        packages=("packages.txt", "dockerhost.txt"),
        disk_size="4G",
        holds="lab",
        warm_up="dockerhost.sh",
        tb_size_mib=256,  # an engine is much code: with 32 each step took twice as long
    ),
}
