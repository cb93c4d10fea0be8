"""`ramlab grade --on ssh:`, with hosts of our own: network namespaces, an sshd each, on a bridge of this computer."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not (find_spec("distributed") and find_spec("cryptography")), reason="no Dask, or no TLS"),
]

PLUGIN = Path(__file__).parent
NETWORK = "10.213.77"
SSHD = "/usr/sbin/sshd"


def run(line, **more):
    return subprocess.run(line.split(), check=True, capture_output=True, text=True, **more)


@dataclass
class Host:
    """A namespace with an sshd in it."""

    name: str
    address: str
    sshd: "subprocess.Popen[bytes]"


@pytest.fixture
def hosts(tmp_path):
    """Two hosts, and in their last place the folder with a key and a configuration for ssh."""
    if not shutil.which("ip") or not Path(SSHD).exists():
        pytest.skip("needs iproute2 and openssh-server")
    with ExitStack() as undo:
        try:
            run("ip netns add ramlab-try")
            run("ip netns del ramlab-try")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces here: {error.stderr.strip()}")
        for key in ("host", "own"):
            run(f"ssh-keygen -q -t ed25519 -f {tmp_path}/{key}_key", input="\n\n")
        run("ip link add ramlab-br type bridge")
        undo.callback(run, "ip link del ramlab-br")
        run(f"ip addr add {NETWORK}.1/24 dev ramlab-br")
        run("ip link set ramlab-br up")
        made = [_host(name, number, tmp_path, undo) for number, name in ((2, "one"), (3, "two"))]
        (tmp_path / "ssh_config").write_text(
            f"IdentityFile {tmp_path}/own_key\nUserKnownHostsFile {tmp_path}/known\nStrictHostKeyChecking accept-new\n"
            + "".join(f"Host {host.name}\n  HostName {host.address}\n" for host in made)
        )
        yield made, tmp_path / "ssh_config"


def _host(name, number, folder, undo):
    space, cable = f"ramlab-{name}", f"ramlab-{name}"
    run(f"ip netns add {space}")
    undo.callback(run, f"ip netns del {space}")
    run(f"ip link add {cable} type veth peer name eth0 netns {space}")
    undo.callback(run, f"ip link del {cable}")  # at once; with its namespace it would go some time later
    run(f"ip link set {cable} master ramlab-br up")
    for words in (f"addr add {NETWORK}.{number}/24 dev eth0", "link set eth0 up", "link set lo up"):
        run(f"ip -n {space} {words}")
    Path("/run/sshd").mkdir(exist_ok=True)
    sshd = subprocess.Popen([
        "ip", "netns", "exec", space, "unshare", "--uts", "sh", "-c", f'hostname {name}; exec "$@"', "sh",
        SSHD, "-D", "-e", "-f", "/dev/null", "-h", f"{folder}/host_key", "-o", f"PidFile={folder}/{name}.pid",
        "-o", f"AuthorizedKeysFile={folder}/own_key.pub", "-o", "StrictModes=no", "-o", "PermitRootLogin=yes",
        "-o", f"ListenAddress={NETWORK}.{number}",
    ])  # fmt: skip
    undo.callback(sshd.wait)
    undo.callback(sshd.kill)
    while not (folder / f"{name}.pid").exists():
        assert sshd.poll() is None
        time.sleep(0.05)
    return Host(name, f"{NETWORK}.{number}", sshd)


@pytest.fixture
def remote_python():
    """The line that starts this very Python on a host, for the course in a folder."""

    def line(root):
        words = {
            "PYTHONPATH": f"{PLUGIN}:{PLUGIN.parent.parent}",
            "RAMLAB_LABS": f"{root}/labs",
            "XDG_STATE_HOME": f"{root}/of-$(hostname)",
            "XDG_CACHE_HOME": f"{root}/cache",
            "DASK_DISTRIBUTED__WORKER__PRELOAD": "local_workers",
            "DOCKER_HOST": os.environ.get("DOCKER_HOST", "unix:///nowhere.sock"),
        }
        return f"env {' '.join(f'{name}={value}' for name, value in words.items())} {sys.executable}"

    return line


@pytest.fixture
def ready(course, hosts, hand_in, remote_python):
    """The course, with six submissions and the way to its hosts; the points that each student is to have."""
    course.environment |= {
        "RAMLAB_SSH": f"ssh -F {hosts[1]}", "RAMLAB_REMOTE_PYTHON": remote_python(course.root),
    }  # fmt: skip
    points = {f"s{number}": number % 2 for number in range(6)}
    for student, has in points.items():
        hand_in(student, f"sleep 0.{len(student)}\n" + ('answer size "$(cat /stage/size)"\n' if has else ""))
    return course, points


def of_class(course):
    with (course.root / "grades" / "grades.csv").open() as file:
        return {row["student"]: int(row["01_notes"]) for row in csv.DictReader(file)}


def where(course):
    """On which hosts the results in the store were made."""
    paths = list((course.root / "grades" / "results").glob("*.json"))
    return len(paths), {json.loads(path.read_text())["host"] for path in paths}


def workers_of(host):
    """The processes of a host: those in its namespace."""
    pids = run(f"ip netns pids ramlab-{host.name}").stdout.split()
    lines = {int(pid): line for pid in pids if (line := _line(pid))}
    return [pid for pid, line in lines.items() if "spawn_main" in line]


def _line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def test_two_hosts_grade_with_no_file_system_in_common(ready, hosts):
    course, points = ready

    graded = course.ramlab("grade", "class", "--on", "ssh:one,two", "--jobs", "1")

    assert graded.status == 0, graded
    assert of_class(course) == points
    assert where(course) == (6, {"one", "two"})
    assert [list((course.root / f"of-{host.name}" / "ramlab" / "machines").iterdir()) for host in hosts[0]] == [[], []]
    assert [workers_of(host) for host in hosts[0]] == [[], []]


def test_a_host_that_goes_away_costs_nothing(ready, hosts):
    course, points = ready
    one, _ = hosts[0]
    process = course.begin("grade", "class", "--on", "ssh:one,two", "--jobs", "1")
    while not workers_of(one):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)

    for pid in map(int, run("ip netns pids ramlab-one").stdout.split()):
        if pid != one.sshd.pid:
            os.kill(pid, signal.SIGKILL)

    said, complaints = process.communicate(timeout=100)
    assert process.returncode == 0, (said, complaints)
    assert (of_class(course), where(course)[0]) == (points, 6)
    assert "two" in where(course)[1]


def test_a_host_that_cannot_be_reached_is_named(ready):
    course, _ = ready

    graded = course.ramlab("grade", "class", "--on", "ssh:nowhere.invalid")

    assert graded.status == 3
    assert "no host has workers any more: nowhere.invalid: ssh ended with 255" in graded.stderr
