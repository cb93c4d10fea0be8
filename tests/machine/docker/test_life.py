"""A learner's loop in a container, and what may come in between."""

import hashlib
import json
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pexpect
import pytest

from checkers.waiting import until
from containers import ledger, machines, qmp, sockets
from containers.errors import MachineError
from containers.shape import Shape
from ramlab import records, sessions
from ramlab.dockerhost import SHAPE, engine_address

WRECK = "90_wreck"


def start(dockerhost, student, *words):
    words = (*words, "--machine", "docker", "--no-shell")
    return dockerhost.ramlab("start", WRECK, "--student", student, *words)


def changes(dockerhost, before):
    return [str(difference) for difference in ledger.differences(before, dockerhost.snapshot())]


def test_a_terminal_that_resizes(dockerhost, student):
    dockerhost.vm.learner.run("rm -f /root/end")
    argv = ["-m", "ramlab.cli", "start", WRECK, "--student", student, "--machine", "docker"]
    terminal = pexpect.spawn(
        sys.executable, argv, env={**dockerhost.env, "TERM": "dumb"}, dimensions=(40, 80), encoding="utf-8", timeout=300
    )
    terminal.delaybeforesend = None
    terminal.expect_exact("root@90-wreck:~# ")
    terminal.sendline("stty size")
    terminal.expect_exact("40 80")
    terminal.setwinsize(30, 100)
    terminal.sendline("until stty size | grep '30 1''00'; do sleep 0.1; done")
    terminal.expect_exact("30 100")
    terminal.sendline("exit 5")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 5

    done = dockerhost.ramlab("exec", WRECK, "--student", student, "--", "cat /proc/sys/vm/swappiness; exit 6")
    assert (done.returncode, done.stdout) == (6, "7\n")
    assert f"{WRECK}@{student}" in (status := dockerhost.ramlab("status").stdout)
    assert "docker" in status
    assert dockerhost.ramlab("check", WRECK, "--student", student).returncode == 0


def test_the_last_one_puts_things_back_and_two_that_write_are_one_too_many(dockerhost, student):
    before = dockerhost.snapshot()
    reader = machines.start(f"reader@{student}", Shape(memory="96M"), kind="docker")
    records.write(reader.folder / sessions.NOTE, {"staged": True})
    assert start(dockerhost, student).returncode == 0

    refused = start(dockerhost, f"{student}-b")

    assert refused.returncode == 2
    assert f"{WRECK}@{student}" in refused.stderr
    assert "--machine vm" in refused.stderr
    dockerhost.ramlab("stop", WRECK, "--student", student)
    left = changes(dockerhost, before)
    assert "vm.swappiness: was 60, is 7" in left
    assert not [one for one in left if one.startswith(("swap", "loop"))], "their files are gone"
    reader.stop()
    assert (changes(dockerhost, before), dockerhost.left()) == ([], [])


def test_a_container_that_is_removed_from_outside(dockerhost, student):
    before = dockerhost.snapshot()
    assert start(dockerhost, student).returncode == 0
    machine = machines.find(f"{WRECK}@{student}")
    dockerhost.docker(f"rm -f {machine.record.learner}")

    lost = dockerhost.ramlab("exec", WRECK, "--student", student, "--", "true")

    assert lost.returncode == 2
    assert "is not running" in lost.stderr
    assert f"{WRECK}@{student} had ended" in dockerhost.ramlab("status").stdout
    assert (changes(dockerhost, before), dockerhost.left()) == ([], [])


def test_a_container_that_the_engine_loses_while_a_command_runs(dockerhost, student):
    """Docker keeps the command's stream open for ever; the machine has ended all the same, and somebody says so."""
    before = dockerhost.snapshot()
    assert start(dockerhost, student).returncode == 0
    machine = machines.find(f"{WRECK}@{student}")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(machine.learner.run, "touch /begun; sleep 100000", timeout=100_000)
        until(lambda: dockerhost.vm.examiner.run("pgrep -fx 'sleep 100000'").status, (0).__eq__)
        dockerhost.vm.learner.run(f"pkill -KILL -f '[c]ontainerd-shim.*{machine.record.learner}'")

        with pytest.raises(MachineError) as error:
            running.result(600)

    assert "has ended" in error.value.message
    dockerhost.ramlab("status")
    assert (changes(dockerhost, before), dockerhost.left()) == ([], [])


def test_a_learner_who_has_the_kernel_refuse_memory_to_everybody(dockerhost, student):
    """Nothing on the host could fork, the engine neither, and nobody could put that right."""
    before = dockerhost.snapshot()
    assert start(dockerhost, student).returncode == 0
    strict = "echo 1 > /proc/sys/vm/overcommit_kbytes; echo 2 > /proc/sys/vm/overcommit_memory"
    machine = machines.find(f"{WRECK}@{student}")
    with suppress(MachineError):  # the engine, too, may have been unable to say how it went
        machine.learner.run(strict)

    mode = until(lambda: dockerhost.vm.examiner.run("cat /proc/sys/vm/overcommit_memory").stdout, "0\n".__eq__)
    assert mode == "0\n"
    assert machine.examiner.run("echo here").stdout == "here\n"
    assert dockerhost.ramlab("stop", WRECK, "--student", student).returncode == 0
    assert (changes(dockerhost, before), dockerhost.left()) == ([], [])


@contextmanager
def engine_as(dockerhost, script):
    """Have the engine started anew by a script, and as usual afterwards."""
    stop = "pkill -x dockerd; while pgrep -x dockerd >/dev/null; do sleep 0.2; done"
    done = dockerhost.vm.learner.run(f"{stop}; {script}", timeout=600)
    try:
        assert done.status == 0, done
        yield
    finally:
        usual = f"{stop}; rm -f /etc/docker/daemon.json /etc/sub?id; engine"
        assert dockerhost.vm.learner.run(usual, timeout=600).status == 0
        dockerhost.ramlab("doctor")  # it asks anew


def test_an_engine_that_may_not_give_all_rights(dockerhost, student):
    """`--privileged` gives what the engine itself has; inside another container that may be less."""
    with engine_as(dockerhost, "engine setpriv --bounding-set=-sys_resource"):
        doctor = dockerhost.ramlab("doctor")
        refused = start(dockerhost, student)
        checked = dockerhost.ramlab("check", WRECK, "--student", student, "--machine", "docker")

    reason = "CAP_SYS_RESOURCE, to lower an oom_score_adj"
    assert f"no: needs {reason}; its privileged containers lack CAP_SYS_RESOURCE" in doctor.stdout
    assert refused.returncode == 3
    assert f"this lab needs {reason}" in refused.stderr
    assert "next: say --machine vm" in refused.stderr
    assert checked.returncode == 3
    assert "This computer cannot check it." in checked.stdout
    assert dockerhost.left() == []


def test_an_engine_with_user_namespaces(dockerhost, student):
    script = (
        "echo root:100000:65536 | tee /etc/subuid > /etc/subgid; mkdir -p /etc/docker;"
        """ echo '{"userns-remap": "root"}' > /etc/docker/daemon.json; engine"""
    )
    with engine_as(dockerhost, script):
        doctor, refused = dockerhost.ramlab("doctor"), start(dockerhost, student)

    assert (refused.returncode, "userns-remap" in refused.stderr) == (3, True), refused.stderr
    assert "next: no lab can run there: use an engine without" in refused.stderr
    assert "userns-remap" in doctor.stdout


def test_an_engine_that_does_not_run(dockerhost, student):
    with engine_as(dockerhost, "true"):
        refused = start(dockerhost, student)

    assert (refused.returncode, "no engine answers" in refused.stderr) == (3, True), refused.stderr
    assert "next: was it a machine of ours?" in refused.stderr


def test_a_docker_host_that_ends_under_its_machines(dockerhost, student, monkeypatch):
    """Nothing is left to put right: its kernel has ended with it, as when a learner has crashed it."""
    other = machines.start(f"dockerhost@{student}", SHAPE)
    try:
        dockerhost.env["DOCKER_HOST"] = engine_address(other)
        assert start(dockerhost, student).returncode == 0
    finally:
        other.stop()

    lost = dockerhost.ramlab("exec", WRECK, "--student", student, "--", "true")
    started = start(dockerhost, student)
    status = dockerhost.ramlab("status").stdout

    assert (lost.returncode, "is not running" in lost.stderr) == (2, True)
    assert started.returncode == 3
    assert 'eval "$(ramlab dockerhost)"' in started.stderr
    assert WRECK not in dockerhost.ramlab("status").stdout, status
    assert not list((dockerhost.state / "ramlab" / "ledgers").glob("*.json"))


def test_a_context_of_the_docker_command_line(dockerhost, student, tmp_path):
    del dockerhost.env["DOCKER_HOST"]
    dockerhost.env["DOCKER_CONFIG"] = str(tmp_path)
    context = tmp_path / "contexts" / "meta" / hashlib.sha256(b"own").hexdigest()
    context.mkdir(parents=True)
    endpoint = {"Host": dockerhost.url, "SkipTLSVerify": False}
    (context / "meta.json").write_text(json.dumps({"Name": "own", "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    (tmp_path / "config.json").write_text(json.dumps({"currentContext": "own"}))

    assert dockerhost.url in dockerhost.ramlab("doctor").stdout


@pytest.fixture
def secured(dockerhost, certificates):
    """The engine behind TLS as well, at a port of this host; the environment that names it."""
    for name in ("ca", "server-cert", "server-key"):
        dockerhost.vm.learner.run(
            f"umask 077; cat > /root/{name}.pem", stdin=(certificates / f"{name}.pem").read_text()
        )
    daemon = {
        "hosts": ["unix:///run/docker.sock", "tcp://10.0.2.15:2376"], "tlsverify": True,
        "tlscacert": "/root/ca.pem", "tlscert": "/root/server-cert.pem", "tlskey": "/root/server-key.pem",
    }  # fmt: skip
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with engine_as(dockerhost, f"mkdir -p /etc/docker; echo '{json.dumps(daemon)}' > /etc/docker/daemon.json; engine"):
        with qmp.monitor(sockets.folder_of(dockerhost.vm.folder) / "qmp") as execute:
            said = execute("human-monitor-command", **{"command-line": f"hostfwd_add net tcp:127.0.0.1:{port}-:2376"})
            assert said == ""
        yield {
            "DOCKER_HOST": f"tcp://127.0.0.1:{port}", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)
        }  # fmt: skip
        with qmp.monitor(sockets.folder_of(dockerhost.vm.folder) / "qmp") as execute:
            execute("human-monitor-command", **{"command-line": f"hostfwd_remove net tcp:127.0.0.1:{port}"})


def test_an_engine_behind_tls(dockerhost, secured, student):
    """A whole life; and who has another environment by then still finds the machine, and puts the host right."""
    before = dockerhost.snapshot()
    dockerhost.vm.learner.run("rm -f /root/end")
    other = dict(dockerhost.env)
    dockerhost.env.update(secured)
    started = start(dockerhost, student)
    assert started.returncode == 0, started.stderr
    machine = machines.find(f"{WRECK}@{student}")
    assert machine.record.engine == secured["DOCKER_HOST"]

    dockerhost.env = other
    piped = subprocess.run(
        machine.learner.argv("wc -c; echo complained >&2; exit 3"), input="x" * 300_000, env=dockerhost.env,
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (piped.stdout, piped.stderr, piped.returncode) == ("300000\n", "complained\n", 3)
    assert (
        machine.examiner.run("cat; head -c 300000 /dev/zero", stdin=b"y" * 300_000).stdout
        == "y" * 300_000 + "\0" * 300_000
    )
    assert dockerhost.ramlab("check", WRECK, "--student", student).returncode == 0
    stopped = dockerhost.ramlab("stop", WRECK, "--student", student)

    assert (stopped.returncode, changes(dockerhost, before), dockerhost.left()) == (0, [], []), stopped.stderr


def test_tls_that_does_not_fit(dockerhost, secured, student, certificates, tmp_path):
    dockerhost.env.update(secured, DOCKER_TLS_VERIFY="")
    unasked = start(dockerhost, student)
    shutil.copytree(certificates, tmp_path / "other", copy_function=shutil.copy)
    (tmp_path / "other" / "ca.pem").write_bytes((certificates / "cert.pem").read_bytes())
    dockerhost.env.update(secured, DOCKER_CERT_PATH=str(tmp_path / "other"))
    stranger = start(dockerhost, student)
    for name in ("cert", "key"):  # an engine's own are not a client's
        shutil.copy(certificates / f"server-{name}.pem", tmp_path / "other" / f"{name}.pem")
    shutil.copy(certificates / "ca.pem", tmp_path / "other" / "ca.pem")
    refused = start(dockerhost, student)

    for told, word in ((unasked, "it wants TLS"), (stranger, "verify failed"), (refused, "certificate")):
        assert (told.returncode, word in told.stderr) == (3, True), told.stderr
        assert "DOCKER_CERT_PATH" in told.stderr


def test_a_context_with_tls(dockerhost, secured, certificates, tmp_path):
    del dockerhost.env["DOCKER_HOST"]
    name = hashlib.sha256(b"far").hexdigest()
    (tmp_path / "contexts" / "meta" / name).mkdir(parents=True)
    endpoints = {"docker": {"Host": secured["DOCKER_HOST"], "SkipTLSVerify": False}}
    meta = json.dumps({"Name": "far", "Metadata": {}, "Endpoints": endpoints})
    (tmp_path / "contexts" / "meta" / name / "meta.json").write_text(meta)
    (tmp_path / "contexts" / "tls" / name / "docker").mkdir(parents=True)
    for pem in ("ca", "cert", "key"):
        shutil.copy(certificates / f"{pem}.pem", tmp_path / "contexts" / "tls" / name / "docker")
    dockerhost.env |= {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "far"}

    assert f"at {secured['DOCKER_HOST']}" in dockerhost.ramlab("doctor").stdout


def test_an_engine_that_speaks_to_none_but_new_clients(dockerhost, student):
    """As Docker 29 does: it refuses what is asked in the words of API 1.40."""
    with engine_as(dockerhost, "DOCKER_MIN_API_VERSION=1.44 engine"):
        doctor = dockerhost.ramlab("doctor")
        assert f"at {dockerhost.url}" in doctor.stdout, doctor.stdout
        started = start(dockerhost, student)
        stopped = dockerhost.ramlab("stop", WRECK, "--student", student)

    assert (started.returncode, stopped.returncode) == (0, 0), started.stderr + stopped.stderr


def test_a_disk_that_is_full(dockerhost, student):
    dockerhost.vm.learner.run("cat /dev/zero > /var/lib/docker/full 2>/dev/null; sync", timeout=900)
    try:
        full = start(dockerhost, student)
    finally:
        dockerhost.vm.learner.run("rm /var/lib/docker/full; sync", timeout=300)

    assert full.returncode == 3, full.stderr
    assert "is full" in full.stderr
    assert "next: " in full.stderr
    assert start(dockerhost, student).returncode == 0
