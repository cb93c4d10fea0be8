"""A computer of stand-in programs for setup.sh: what it asks for is recorded, nothing is installed."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
KEYRING = "usr/share/keyrings/debian-archive-keyring.gpg"

PROVIDES = {
    "qemu-system-x86": "qemu-system-x86_64",
    "qemu-utils": "qemu-img",
    "mmdebstrap": "mmdebstrap",
    "fakeroot": "fakeroot",
    "uidmap": "newuidmap",
    "e2fsprogs": "mke2fs",
    "util-linux": "setpriv",
    "openssh-client": "ssh",
    "gpg": "gpg",
    "chromium": "chromium",
    "nodejs": "node",
    "npm": "npm",
}
"""Package -> the program that its installation brings."""

# A Python of any version, with or without ensurepip: true answers to -c but for those two, -m is recorded.
PYTHON = """#!/bin/sh
case $1 in
-c) exec {real} -c 'import sys
sys.version_info = ({version}, 0, "final", 0)
sys._base_executable = "{path}"
if not {ensurepip}: sys.modules["ensurepip"] = None
exec(sys.argv[1])' "$2" ;;
esac
echo "python $*" >>"{calls}"
case "$*" in
"-m venv --clear "*) mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
"-m pip install"*) exit {pip} ;;
esac
"""

APT_GET = """#!/bin/sh
echo "apt-get $*" >>"{calls}"
[ {status} = 0 ] || {{ echo "E: Unable to locate package" >&2; exit {status}; }}
for word; do
    case $word in
        {cases}
        debian-archive-keyring) mkdir -p "{root}/usr/share/keyrings"; : >"{root}/{keyring}" ;;
        python3) cp "{spare}" "{bin}/python3" ;;
        python3*-venv) sed -i 's/if not False/if not True/' "{bin}"/python3* ;;
    esac
done
"""


@dataclass(frozen=True, kw_only=True)
class Computer:
    """A folder that setup.sh takes for `/`, and a PATH that has nothing else."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    @property
    def calls(self) -> list[str]:
        """What was asked of the stand-ins, in order."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def program(self, name: str, script: str = "#!/bin/sh\n") -> Path:
        path = self.bin / name
        path.write_text(script)
        path.chmod(0o755)
        return path

    def python(self, name: str, version: str, *, ensurepip: bool = True, pip: int = 0) -> Path:
        script = PYTHON.format(
            real=sys.executable,
            version=version.replace(".", ", "),
            path=self.bin / name,
            ensurepip=ensurepip,
            calls=self.folder / "calls",
            pip=pip,
        )
        return self.program(name, script)

    def apt(self, *, status: int = 0) -> None:
        spare = self.python("spare", "3.11", ensurepip=False).rename(self.folder / "spare")
        spare.write_text(spare.read_text().replace("bin/spare", "bin/python3"))
        cases = "\n        ".join(
            f'{package}) cp "{self.bin}/true" "{self.bin}/{program}" ;;' for package, program in PROVIDES.items()
        )
        self.program(
            "apt-get",
            APT_GET.format(
                calls=self.folder / "calls", status=status, cases=cases, root=self.folder,
                keyring=KEYRING, spare=spare, bin=self.bin,
            ),
        )  # fmt: skip

    def os_release(self, text: str) -> None:
        (self.folder / "etc").mkdir(exist_ok=True)
        (self.folder / "etc/os-release").write_text(text)

    def user(self, uid: int, *, sudo: bool) -> None:
        self.program("id", f'#!/bin/sh\n[ "$1" = -u ] && echo {uid} || echo ada\n')
        if sudo:
            self.program("sudo", f'#!/bin/sh\necho sudo >>"{self.folder}/calls"\nexec "$@"\n')

    def complete(self) -> None:
        """Everything is installed."""
        for program in PROVIDES.values():
            self.program(program)
        keyring = self.folder / KEYRING
        keyring.parent.mkdir(parents=True, exist_ok=True)
        keyring.touch()

    def run(self, *argv: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `argv` in the checkout with nothing but the stand-ins on PATH."""
        return subprocess.run(
            argv,
            cwd=folder or self.checkout,
            env={"PATH": str(self.bin), "RAMLAB_HOST_ROOT": str(self.folder), "LC_ALL": "C"} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def setup(self, what: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("/bin/sh", "containers/host/setup.sh", what, **environment)


@pytest.fixture
def computer(tmp_path):
    """A Debian with root, apt and Python 3.11, and nothing of what ramlab needs."""
    it = Computer(folder=tmp_path)
    it.bin.mkdir()
    for tool in ("cat", "cksum", "cp", "dirname", "env", "grep", "mkdir", "rm", "sed", "sh", "true"):
        found = shutil.which(tool)
        assert found, f"this host has no {tool}"
        (it.bin / tool).symlink_to(found)
    for path in ("containers/host", "requirements"):
        shutil.copytree(CHECKOUT / path, it.checkout / path, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ("Makefile", "pyproject.toml", ".ci/run"):
        (it.checkout / path).parent.mkdir(exist_ok=True)
        shutil.copy2(CHECKOUT / path, it.checkout / path)
    it.os_release("ID=debian\n")
    it.user(0, sudo=False)
    it.apt()
    it.python("python3", "3.11")
    return it
