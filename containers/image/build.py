"""Builds the image with mmdebstrap: a Debian root file system, its kernel and our initrd, without being root."""

import io
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from containers import cache, programs
from containers.errors import HostCannot, MachineError
from containers.image.systems import HELD, SYSTEMS, System
from containers.machine import Progress

HERE = Path(__file__).parent
NEEDS_MIB = 3000
"""Most disk space that is taken at once while building."""

# The kernel's package is unpacked, not installed: its dependencies (an initrd generator, udev) have no use here, but
# for the kernel itself and its modules, which newer ones have in packages of their own.
# It may be another suite's: then apt sees that suite alone, from where mmdebstrap has its own.
_DOWNLOAD_KERNEL = r"""
set -e
cd "$1/build"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
mkdir -p lists/partial
cat "$1/etc/apt/sources.list" "$1"/etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n "s/^\(deb .*\)$SUITE main.*/\1$KERNEL_FROM main/p" | grep -v security > kernel.list
apt="-o Dir::Etc::SourceList=$PWD/kernel.list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$PWD/lists"
[ "$KERNEL_FROM" != "$SUITE" ] && apt-get $apt -qq update || apt=
name=$(apt-cache $apt depends @PACKAGE@ | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p')
parts=$(apt-cache $apt depends "$name" | sed -n 's/.*Depends: \(linux-[bm][a-z]*-[0-9][^ ]*\).*/\1/p')
apt-get $apt -qq download "$name" $parts
"""
# Tables are written now: a machine's kernel would otherwise do it in the background for minutes.
_LAY_OUT = """
set -e
mkdir "$1"
tar -x -p -C "$1" --exclude="./dev/*" -f "$2"
mv "$1/boot/vmlinuz" "$1/boot/initrd" "$1/boot/release" "$3/"
[ "$6" = no ] || tar -c --sort=name --numeric-owner -C "$1" -f "$3/root.tar" .
"$4" -q -t ext4 -L ramlab -m 0 -J size=16 -E lazy_itable_init=0,lazy_journal_init=0 -d "$1" "$3/base.img" "$5"
chmod -R u+rwX "$1"
rm -rf "$1" "$2"
"""
_NO_UPDATES = r"""
find "$1/etc/apt" -name '*.list' -exec sed -i -E '/-(security|updates) /d' {} +
"""
_RECIPE = ("modules.txt", "initrd.txt", "init", "pid1", "finish.sh")


@dataclass(frozen=True)
class Image:
    """A built image."""

    folder: Path
    system: str = "lab"

    @property
    def kernel(self) -> Path:
        """The Linux kernel, for QEMU's -kernel."""
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        """The initrd that opens both doors."""
        return self.folder / "initrd"

    @property
    def disk(self) -> Path:
        """The root file system, ext4 without partitions; never written to."""
        return self.folder / "base.img"

    @property
    def disk_size(self) -> str:
        """What a disk on top of it can grow to, as `qemu-img` takes it."""
        return SYSTEMS[self.system].disk_size

    @property
    def root(self) -> Path:
        """The root file system as a tar, for container engines."""
        return self.folder / "root.tar"

    @property
    def tag(self) -> str:
        """What container engines call it: a name by its content."""
        return f"ramlab/{self.system}:{cache.file_digest(self.folder, 'root.tar')[:16]}"


def recipe_key(system: str = "lab") -> str:
    """The hash of everything that the image is made from."""
    what = SYSTEMS[system]
    files = [HERE / name for name in (*what.packages, *_RECIPE, *([what.adapt] if what.adapt else []))]
    files += [path for path in (HERE / "overlay").rglob("*") if path.is_file()]
    parts = [f"{path.relative_to(HERE)}\0{path.stat().st_mode & 0o111}\0{path.read_text()}" for path in sorted(files)]
    held = recipe_key(what.holds) if what.holds else ""
    # What a system got later than others changes no key of theirs.
    own = [*([what.architecture] if what.architecture != "amd64" else []), *([] if what.updates else [_NO_UPDATES])]
    return cache.key(
        what.suite, what.kernel_from, what.disk_size, str(what.container), held, _download_kernel(what), _LAY_OUT,
        *parts, *own,
    )  # fmt: skip


def ensure(progress: Progress, system: str = "lab") -> Image:
    """The image, built if it is not in the cache. Raises HostCannot where something is missing for that."""
    name = recipe_key(system)
    folder = cache.entry(
        "images", name, lambda draft: _build(draft, system, progress), needs_mib=NEEDS_MIB, progress=progress
    )
    return Image(folder, system)


def packages(system: str = "lab") -> list[str]:
    """The Debian packages that the recipe asks for."""
    lines = [line for name in SYSTEMS[system].packages for line in (HERE / name).read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _download_kernel(what: System) -> str:
    return _DOWNLOAD_KERNEL.replace("@PACKAGE@", what.kernel_package)


def _build(draft: Path, system: str, progress: Progress) -> None:
    what = SYSTEMS[system]
    held = ensure(progress, what.holds).root if what.holds else None
    programs.need("mmdebstrap", "mke2fs", *(() if os.geteuid() == 0 else ("fakeroot",)))
    tar = draft / "bootstrapped.tar"
    _bootstrap(draft, tar, system, held, progress)
    progress("laying out the disk")
    mke2fs = programs.find("mke2fs") or "mke2fs"
    paths = [str(draft / "root"), str(tar), str(draft)]
    words = ["sh", "-c", _LAY_OUT, "sh", *paths, mke2fs, what.disk_size, "yes" if what.container else "no"]
    # Ownership in the disk comes from stat(2): fakeroot keeps root's files root's for a plain user.
    programs.run(*(words if os.geteuid() == 0 else ["fakeroot", *words]))
    (draft / "build.tar").unlink()


def _bootstrap(draft: Path, tar: Path, system: str, held: Path | None, progress: Progress) -> None:
    what = SYSTEMS[system]
    _pack(draft / "build.tar", recipe_key(system), what)
    command = [
        "mmdebstrap", "--variant=minbase", f"--architectures={what.architecture}",
        f"--include={','.join(packages(system))}",
        # It would ask for arch-test, to see whether a PC runs programs of 32 bits; where none does, chroot will say so.
        *(["--skip=check/qemu"] if what.architecture != "amd64" else []),
        '--aptopt=Acquire::Languages "none"',
        *([] if what.updates else [f"--setup-hook={_NO_UPDATES}"]),
        f"--customize-hook=tar-in {draft / 'build.tar'} /",
        *([f"--customize-hook=upload {held} {HELD}"] if held else []),
        f"--customize-hook={_download_kernel(what)}",
        *([f'--customize-hook=chroot "$1" sh /build/{what.adapt}'] if what.adapt else []),
        '--customize-hook=chroot "$1" sh /build/finish.sh',
        what.suite, str(tar),
    ]  # fmt: skip
    log = draft.parent / f"{draft.stem}.log"
    environment = os.environ | {"SUITE": what.suite, "KERNEL_FROM": what.kernel_from}
    progress("downloading Debian's packages")
    with (
        log.open("w") as file,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stderr
        try:
            for line in process.stderr:
                file.write(line)
                if line.startswith("I: ") and (stage := line[3:].strip().rstrip(".")).endswith(
                    ("packages", "apt", "cache", "chroot")
                ):
                    progress(stage)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise _explained(log)


def _explained(log: Path) -> HostCannot | MachineError:
    """What stopped mmdebstrap, in words, with the way out."""
    said = log.read_text(errors="replace")
    tail = " / ".join(line for line in said.splitlines() if line.startswith(("E:", "W:", "Err:")))[-600:]
    if "subuid" in said or "newuidmap" in said or ("Operation not permitted" in said and "unshare" in said):
        return HostCannot(
            f"mmdebstrap may not make a user namespace here: {tail}",
            hint="install uidmap, and give your user a range in /etc/subuid and /etc/subgid (man 5 subuid)",
        )
    if "Could not resolve" in said or "Failed to fetch" in said or "Could not connect" in said:
        return HostCannot(
            f"Debian's packages could not be fetched: {tail}",
            hint="connect to the network once; afterwards everything works offline",
        )
    if "No space left" in said:
        return HostCannot(
            f"the disk is full: {tail}",
            hint="free some space, or set TMPDIR and XDG_CACHE_HOME to a larger disk",
        )
    return MachineError(f"mmdebstrap failed: {tail or 'no reason given'}", hint=f"the whole log: {log}")


def _pack(path: Path, key: str, what: System) -> None:
    """The build's own files, and the overlay, as one tar that belongs to root."""
    with tarfile.open(path, "w") as tar:
        for name in (*_RECIPE, *([what.adapt] if what.adapt else [])):
            tar.add(HERE / name, f"build/{name}", filter=_roots)
        for file in sorted((HERE / "overlay").rglob("*")):
            if file.is_file():
                tar.add(file, str(file.relative_to(HERE / "overlay")), filter=_roots)
        note = f"{key}\n".encode()
        info = tarfile.TarInfo("etc/ramlab-image")
        info.size = len(note)
        tar.addfile(info, io.BytesIO(note))


def _roots(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mode = 0o755 if info.mode & 0o100 else 0o644
    return info
