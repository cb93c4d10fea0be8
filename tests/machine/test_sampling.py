"""A real OOM kill in lab 05's own machine, recorded, is in the table."""

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
        assert not machine.examiner.run("pgrep -x mawk").stdout, "the sampler has ended with the recording"
    finally:
        machine.stop()
