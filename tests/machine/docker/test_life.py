"""A learner's loop in a container, and what may come in between."""

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pexpect
import pytest

from checkers.waiting import until
from containers import ledger, machines
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
