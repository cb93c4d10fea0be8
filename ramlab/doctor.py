"""`ramlab doctor` and `ramlab clean`: what this computer can run, and why not; what it keeps for that."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from containers import cache, kvm, machines, needs, paths, programs, qemu, templates
from containers.errors import HostCannot, RamlabError, UsageError
from containers.image import build
from ramlab import catalogue
from ramlab.progress import Steps

RUN = (qemu.BINARY, "qemu-img", "setpriv", "ssh", "ssh-keygen")
BUILD = ("mmdebstrap", "mke2fs")
GOOD, BAD, SO_SO = "ok", "no", "--"
SPACE_MIB = 3000
"""What an image (while it is made), its templates and a few machines take."""


@dataclass(frozen=True)
class Fact:
    """One line of the report: `state` is ok, no (labs cannot run for it) or -- (worth knowing)."""

    state: str
    what: str
    seen: str
    following: str = ""


def doctor() -> int:
    """Print what there is, then lab by lab what can run. 0 where labs can run, 3 where something is missing."""
    image = _image()
    verdict = _kvm(image)
    lacks, engine = _engine(image)
    facts = [_python(), *_programs(image is not None), _space(), verdict[1], _images(image)]
    for fact in (*facts, engine):
        print(f" {fact.state:<3} {fact.what:<10} {fact.seen}")
        for index, line in enumerate(fact.following.splitlines()):
            print(f"     {'':<10} {'next: ' if index == 0 else '      '}{line}")
    able = all(fact.state != BAD for fact in facts)
    print()
    _labs(image, verdict[0], able, lacks)
    return 0 if able or lacks is not None else HostCannot.exit_status


def clean() -> int:
    """Empty the cache. Machines that run fork from it, so they have to go first."""
    alive = machines.every()
    if alive:
        raise UsageError(
            f"{len(alive)} machines run from the cache: {', '.join(one.name for one in alive)}",
            hint="type: ramlab stop --all",
        )
    machines.sweep()
    size = cache.size_mib() if paths.cache().exists() else 0
    shutil.rmtree(paths.cache(), ignore_errors=True)
    print(f"{paths.cache()} is empty now: {size} MiB freed. The next start builds image and template again.")
    return 0


def _python() -> Fact:
    return Fact(GOOD, "python", f"{platform.python_version()} ({sys.executable})")


def _programs(have_image: bool) -> Iterator[Fact]:
    builders = BUILD if os.geteuid() == 0 else (*BUILD, "fakeroot")
    for name in (*RUN, *builders):
        needed = name in RUN or not have_image
        path = programs.find(name)
        if path and name == qemu.BINARY:
            yield Fact(GOOD, "qemu", _version(path))
        elif path is None:
            package = programs.PACKAGES[name]
            why = "" if needed else ", only needed to build the image anew"
            yield Fact(
                BAD if needed else SO_SO, name, f"not installed{why}",
                f"sudo apt-get install --no-install-recommends {package}",
            )  # fmt: skip
    found = [name for name in (*RUN[1:], *builders) if programs.find(name)]
    if found:
        yield Fact(GOOD, "programs", ", ".join(found))


def _version(path: str) -> str:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return said.splitlines()[0].removeprefix("QEMU emulator version ") if said else "(says no version)"


def _space() -> Fact:
    place = paths.cache()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free >> 20
    if free < SPACE_MIB:
        return Fact(
            BAD, "disk", f"{free} MiB free in {place}, some {SPACE_MIB} MiB are needed",
            "free some, or set XDG_CACHE_HOME and XDG_STATE_HOME to folders on a larger disk",
        )  # fmt: skip
    return Fact(GOOD, "disk", f"{free >> 10} GiB free in {place}")


def _image() -> build.Image | None:
    """The image, if it is built."""
    folder = cache.folder("images", build.recipe_key())
    return build.Image(folder) if cache.intact(folder) else None


def _kvm(image: build.Image | None) -> tuple[str, Fact]:
    if image is None or programs.find(qemu.BINARY) is None:
        seen = "there, not tried yet (takes the image)" if kvm.DEVICE.exists() else "not there"
        return "tcg", Fact(SO_SO, "kvm", f"{kvm.DEVICE} is {seen}")
    try:
        with Steps("doctor") as progress:
            verdict = kvm.verdict(image, progress)
    except RamlabError as error:
        return "tcg", Fact(BAD, "kvm", error.message, error.hint)
    if verdict.accel == "kvm":
        return "kvm", Fact(GOOD, "kvm", verdict.reason)
    return "tcg", Fact(SO_SO, "kvm", f"no, so machines are emulated: slower, not wrong\n{'':<16}{verdict.reason[:160]}")


def _images(image: build.Image | None) -> Fact:
    size = f"cache {paths.cache()}: {cache.size_mib()} MiB" if paths.cache().exists() else "cache empty"
    if image is None:
        return Fact(SO_SO, "image", f"not built yet (some minutes, once); {size}")
    return Fact(GOOD, "image", f"built; {size}")


def _engine(image: build.Image | None) -> tuple[dict[str, str] | None, Fact]:
    """What containers of this user's engine have not, and why; None where that cannot be said."""
    from containers import engines, provision

    try:
        engine = engines.connect()
        if image is None:
            return None, Fact(SO_SO, "docker", f"{engine.title} answers; not asked more (takes the image)")
        with Steps("doctor") as progress:
            lacks = provision.lacks_of(provision.facts(engine, progress, anew=True))
    except RamlabError as error:
        return None, Fact(SO_SO, "docker", f"no machines of the kind docker: {error.message}", error.hint)
    return lacks, Fact(GOOD, "docker", f"{engine.title}, privileged containers work")


def _labs(image: build.Image | None, accel: str, able: bool, lacks: dict[str, str] | None) -> None:
    try:
        labs, broken = catalogue.all_labs()
    except UsageError as error:
        print(f"labs: {error.message}")
        return
    width = max([len(lab.name) for lab in labs] + [3])
    print(f" {'LAB':<{width}}  {'vm':<32}  docker")
    for lab in labs:
        if not able:
            state = "no, see above"
        elif image is None:
            state = "yes, once the image is built"
        elif cache.intact(cache.folder("templates", templates.name_of(lab.shape, image, accel))):
            state = "yes, in a second"
        else:
            state = "yes, first start makes a template"
        for need in set(lab.needs) - needs.VM_HAS:
            state = f"no: needs {needs.NEEDS[need]}"
        print(f" {lab.name:<{width}}  {state:<32}  {_in_a_container(lab, lacks)}")
    for complaint in broken:
        print(f" {complaint.message}")


def _in_a_container(lab: catalogue.Lab, lacks: dict[str, str] | None) -> str:
    known = {"own_kernel": "a container has the kernel of its host"} if lacks is None else lacks
    for need in lab.needs:
        if need in known:
            return f"no: needs {needs.NEEDS[need]}; {known[need]}"
    return "no, see above" if lacks is None else "yes"
