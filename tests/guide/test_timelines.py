"""Each lab's timeline, drawn from a recording of a real run."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from ramlab import places, plotting
from ramlab.guide import timelines

SVG = "{http://www.w3.org/2000/svg}"


RECORDED = sorted(timelines.TIMELINES)


def test_each_lab_has_one():
    assert sorted(timelines.TIMELINES) == places.names()
    assert [lab for lab in timelines.TIMELINES if not timelines.path(lab).exists()] == []


@pytest.mark.parametrize("lab", RECORDED)
def test_a_recording_is_of_this_workload_and_small(lab):
    recording = plotting.read(timelines.path(lab))

    assert recording.header["lab"] == lab
    assert recording.header["workload"] == timelines.TIMELINES[lab].workload
    assert timelines.path(lab).stat().st_size < 60_000
    assert recording.times()[-1] > 0


@pytest.mark.parametrize("lab", RECORDED)
def test_a_timeline_is_drawn_and_told(lab):
    html = timelines.html(lab)

    assert html == timelines.html(lab), "the same bytes each time"
    assert "\n\n" not in html, "Markdown would go on there"
    root = ET.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])  # noqa: S314 -- our own
    title, description = (root.find(f"{SVG}{what}") for what in ("title", "desc"))
    assert timelines.TIMELINES[lab].workload in title.text
    recording = plotting.read(timelines.path(lab))
    for event in recording.events:
        assert plotting.told(event) in description.text
        assert plotting.told(event) in html[html.index("<pre") :]
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert all(lab in one for one in ids), "two in one page would be at odds"


def test_its_numbers_come_from_the_recording(tmp_path, monkeypatch):
    header, first, *rest = timelines.path("05_oom").read_text().splitlines()
    sample = json.loads(first)
    sample["meminfo"]["MemFree"] = 777 * 1024
    before = timelines.html("05_oom")

    (tmp_path / "05_oom.jsonl").write_text("\n".join([header, json.dumps(sample), *rest]) + "\n")
    monkeypatch.setattr(timelines, "FOLDER", tmp_path)
    after = timelines.html("05_oom")

    assert after.partition("<pre")[0] != before.partition("<pre")[0]
    assert " 777 " in after
    assert " 777 " not in before


def test_thinning_keeps_what_is_around_a_kill():
    samples = [
        {"t": float(at), "meminfo": {"MemFree": at, "Nothing": 1}, "vmstat": {"oom_kill": 0, "pswpin": 1},
         "swaps": [], "psi": {"some": {"avg10": 0.0, "total": at}}, "cgroups": {"a": {"current": 4096}, "b": {}}}
        for at in range(1000)
    ]  # fmt: skip
    kill = {"event": "kill", "t": 501.2, "pid": 7, "name": "x", "anon_rss": 1024, "line": "Killed"}

    kept = timelines.thinned([*samples, kill], timelines.Timeline("press", "A kill."))

    times = [one["t"] for one in kept if "meminfo" in one]
    assert len(times) < 120
    assert {0.0, 501.0, 502.0, 999.0} <= set(times)
    assert kept[0]["meminfo"] == {"MemFree": 0}
    assert kept[0]["cgroups"] == {"a": {"current": 4096}}
    assert kept[-1] == {"event": "kill", "t": 501.2, "pid": 7, "name": "x", "anon_rss": 1024}
