"""A real OOM kill in lab 05's own machine, recorded, is in the table; what the sampler takes; older kernels."""

import pytest

from containers.machine import silent
from ramlab import catalogue, plotting, sampling, sessions


def test_a_kill_is_recorded_and_told(private_state, tmp_path):
    lab = catalogue.load("05_oom", "sampled")
    machine = sessions.ensure(lab, kind="auto", progress=silent).machine
    try:
        out = tmp_path / "run.jsonl"
        status = sampling.record(
            lab="05_oom", student="sampled", seconds=0, interval=0.5, workload="press", out=str(out)
        )
        assert status == 0
        recording = plotting.read(out)
        assert any(one["name"] for one in recording.events)
        assert "*** killed " in plotting.table(recording)
        assert not machine.examiner.run("pgrep -x perl").stdout, "the sampler has ended with the recording"
    finally:
        machine.stop()


@pytest.mark.parametrize("name", ["05_oom", "08_cgroups.old"])
def test_the_sampler_is_one_small_process(private_state, name):
    machine = sessions.ensure(catalogue.load(name, "sampled"), kind="auto", progress=silent).machine
    try:
        running = sampling.samples(machine, interval=0.1)
        for _ in range(12):
            seen = next(running)
        found = machine.examiner.run("grep -h '^Pss:' /proc/$(pgrep -x perl)/smaps_rollup").stdout.split()
        running.close()
    finally:
        machine.stop()

    assert int(found[1]) < 4096, "kB"
    assert seen["t"] > 0
    assert {"MemAvailable", "AnonPages", "SwapFree", "Committed_AS"} <= set(seen["meminfo"])
    assert {"oom_kill", "pswpin", "pswpout", "pgmajfault"} == set(seen["vmstat"])
    assert seen["psi"]["some"]["total"] >= 0
