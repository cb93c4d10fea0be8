"""The Dockerfile, built for real, is the recipe's image without the kernel.

With DOCKER_HOST, or a context, of an engine that has the base or can pull it.
"""

import os
import tarfile

import pytest

from containers import engines
from containers.image import build

# Asked for, as a queue of Slurm is: no test can know what an engine reaches. Last run: guide/results/dockerfile.md
pytestmark = pytest.mark.skipif(
    not os.environ.get("RAMLAB_TEST_BUILD"),
    reason="RAMLAB_TEST_BUILD=1 builds the Dockerfile, for minutes, with an engine that reaches a mirror",
)

TAG = "ramlab/lab:built-by-a-test"
# The kernel's, what a build leaves behind, and what an engine or a start writes.
OTHERS = (
    "boot/", "usr/lib/modules/", "var/cache/", "var/log/", "var/lib/apt/", "var/lib/dpkg/", "dev/", "run/", "proc/",
    "sys/", "etc/ramlab-image", "etc/apt/", "etc/hostname", "etc/hosts", "etc/resolv.conf", "etc/mtab",
    "etc/ld.so.cache", "etc/dpkg/dpkg.cfg.d/", "etc/.pwd.lock", "etc/machine-id", ".dockerenv",
)  # fmt: skip


@pytest.fixture
def built(tmp_path):
    """The root file system that an engine makes of the Dockerfile, as a tar."""
    api = engines.connect().api
    for line in api.build(path=str(build.HERE), tag=TAG, network_mode="host", rm=True, decode=True):
        assert "error" not in line, line["error"]
    container = api.create_container(TAG, command=["true"])["Id"]
    try:
        with (tmp_path / "root.tar").open("wb") as file:
            for piece in api.export(container):
                file.write(piece)
    finally:
        api.remove_container(container)
    return tmp_path / "root.tar"


def entries(path):
    """Name -> kind, mode, owner and where a link leads, of each file; and the packages with their versions."""
    with tarfile.open(path) as tar:
        found = {one.name.removeprefix("./"): one for one in tar if one.name != "."}
        status = tar.extractfile(found["var/lib/dpkg/status"]).read().decode()
    paragraphs = [dict(line.partition(": ")[::2] for line in one.splitlines()) for one in status.strip().split("\n\n")]
    about = {
        name: (one.type, oct(one.mode & 0o7777), one.uid, one.gid, one.linkname.removeprefix("./"))
        for name, one in found.items()
        if not f"{name}/".startswith(OTHERS)
    }
    return about, {one["Package"]: one["Version"] for one in paragraphs}


def test_it_is_the_recipes_image(built):
    mine, packages = entries(built)
    recipe, theirs = entries(build.ensure(print).root)

    assert packages == theirs
    assert sorted(mine.keys() ^ recipe.keys()) == []
    assert {name: (mine[name], recipe[name]) for name in mine if mine[name] != recipe[name]} == {}
    with tarfile.open(built) as tar:
        for path in (build.HERE / "overlay").rglob("*"):
            if path.is_file():
                name = str(path.relative_to(build.HERE / "overlay"))
                assert tar.extractfile(name).read() == path.read_bytes(), name
