"""A recording of a real run (05_oom, `workload press`, nothing protected) as table and picture."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from containers.errors import UsageError
from ramlab import plotting, sampling

FILE = Path(__file__).parent.parent / "data" / "recordings" / "05_oom.jsonl"
PRINTED = """uptime 64.68 111.11
meminfo MemTotal:         215268 kB
vmstat oom_kill 2
psi some avg10=0.00 avg60=0.00 avg300=0.00 total=26607
cgroup odd name 4096
events odd name max 3
cgroup jobs 8192
events jobs oom_kill 1
end of no known kind
"""


def test_what_the_sampler_prints_is_read():
    assert sampling.parse(PRINTED.splitlines()) == {
        "t": 64.68,
        "meminfo": {"MemTotal": 215268},
        "vmstat": {"oom_kill": 2},
        "swaps": [],
        "psi": {"some": {"avg10": 0.0, "total": 26607}},
        "cgroups": {"odd name": {"current": 4, "max": 3}, "jobs": {"current": 8, "oom_kill": 1}},
    }


def test_the_table_names_each_kill_where_it_was():
    recording = plotting.read(FILE)
    lines = plotting.table(recording).splitlines()

    told = [line for line in lines if "***" in line]
    assert [line.split("killed ")[1].split(" (")[0] for line in told] == ["relayd", "ledgerd", "relayd", "reportgen"]
    times = [float(line.split(" s")[0]) for line in lines if line[:5].strip().replace(".", "").isdigit()]
    assert times == sorted(times)


def test_what_the_log_lacks_is_seen_by_the_counter():
    rows = plotting.read(FILE).samples

    found = sampling.kills(rows, log="")

    assert sum(one["count"] for one in found) == rows[-1]["vmstat"]["oom_kill"] - rows[0]["vmstat"]["oom_kill"] == 4
    assert "not named" in plotting.told(found[0])


def test_a_kill_while_a_sample_was_taken_is_told_once():
    rows = [{"t": at, "vmstat": {"oom_kill": count}} for at, count in ((1.0, 2), (5.0, 4), (9.0, 4), (9.5, 5))]
    line = "[    7.500000] Out of memory: Killed process 7 (x) total-vm:1kB, anon-rss:2048kB, file-rss:0kB\n"

    found = sampling.kills(rows, line + line.replace("7.5", "8.5"))

    assert [(one["t"], one["name"]) for one in found] == [(7.5, "x"), (8.5, "x"), (9.5, "")]
    assert found[-1]["count"] == 1


def test_kills_before_the_recording_are_not_its_own():
    rows = plotting.read(FILE).samples

    early = "[   12.345678] Out of memory: Killed process 7 (old) total-vm:1kB, anon-rss:2048kB, file-rss:0kB"
    assert not [one for one in sampling.kills(rows, early) if one["name"]]


def test_the_picture_tells_the_kills(tmp_path):
    recording = plotting.read(FILE)

    svg, png = plotting.draw(recording, tmp_path / "oom.svg")

    assert ET.parse(svg).getroot().tag.endswith("svg")  # noqa: S314 -- our own file
    assert "killed reportgen" in svg.read_text()
    assert png.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("text", ["", "no json", json.dumps({"record": 1}), json.dumps({"version": 2}), "[]"])
def test_what_is_no_recording_is_refused(tmp_path, text):
    path = tmp_path / "file.jsonl"
    path.write_text(text)

    with pytest.raises(UsageError, match="is no recording"):
        plotting.read(path)
