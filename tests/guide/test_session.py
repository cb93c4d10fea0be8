"""The recorded session of lab 05, as a picture and as text: they show what the cast has."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

from ramlab.guide import asciicast, session

GUIDE = Path(__file__).parents[2] / "guide"
SVG = "{http://www.w3.org/2000/svg}"


def cast(tmp_path, *events, limit=None):
    header = {"version": 2, "width": 20, "height": 4} | ({"idle_time_limit": limit} if limit else {})
    path = tmp_path / "a.cast"
    path.write_text("\n".join(json.dumps(line) for line in [header, *([at, "o", data] for at, data in events)]))
    return path


def words(node):
    return ["".join(text.itertext()) for text in node.iter(f"{SVG}text")]


def tight(line):
    return "".join(line.split())


def at(it, moment):
    """The text of the whole film at that moment."""
    states = [one for one in it.states if one.start <= moment and (one.end is None or moment < one.end)]
    return ["".join(run.text for run in one.row).rstrip() for one in states if one.row]


def test_a_typed_line_has_a_state_for_each_key(tmp_path):
    it = asciicast.film(cast(tmp_path, (0, "$ "), (1, "l"), (2, "s"), (3, "\r\na  b\r\n$ ")))
    assert [at(it, moment)[0] for moment in (0.5, 1.5, 2.5, 9)] == ["$", "$ l", "$ ls", "$ ls"]
    assert it.text() == "$ ls\na  b\n$\n"


def test_what_scrolls_away_stays_in_the_film_and_the_film_moves_up(tmp_path):
    it = asciicast.film(cast(tmp_path, (0, "1\r\n2\r\n"), (1, "3\r\n4\r\n5\r\n6")))
    assert it.text() == "1\n2\n3\n4\n5\n6\n"
    assert list(it.scrolls) == [(0.0, 0), (1, 2)]


def test_waits_are_cut_also_where_the_seconds_are_counted(tmp_path):
    counted = [(at, f"\r{at} s") for at in range(11, 41)]
    path = cast(tmp_path, (0, "a"), (10, "b"), *counted, (41, "\r\ndone"), limit=1)
    moments = {data: at for at, data in asciicast.events(path)}
    assert moments["b"] == 1
    assert moments["\r\ndone"] == 2  # one for b, one for all that was counted
    assert max(at for at, _ in asciicast.events(cast(tmp_path, (0, "a"), (10, "b")))) == 10


def test_colours_have_enough_contrast():
    def light(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    ground = light(asciicast.BACK) + 0.05
    for name, colour in asciicast.COLOURS.items():
        assert (light(colour) + 0.05) / ground >= 4.5, name


def test_the_picture_shows_what_the_cast_has():
    film = asciicast.film(GUIDE / "session.cast")
    text = (GUIDE / "session.svg").read_text()
    assert text == asciicast.svg(film, session.TITLE, film.text()), "python -m ramlab.guide.session --draw"
    assert (GUIDE / "session.txt").read_text() == film.text()
    assert len(text.encode()) < 150_000

    root = ET.fromstring(text)  # noqa: S314 -- our own file
    assert root.findtext(f"{SVG}title") == session.TITLE
    assert root.findtext(f"{SVG}desc") == film.text()
    (reel,) = (node for node in root.iter(f"{SVG}g") if node.get("class") == "film")
    rests = ["".join(words(node)) for node in reel if node.get("class") != "gone"]
    assert [tight(line) for line in rests if line] == [tight(line) for line in film.text().splitlines() if line]


def test_the_picture_rests_for_who_wants_no_motion_and_asks_nobody():
    text = (GUIDE / "session.svg").read_text()
    assert "@media (prefers-reduced-motion:reduce){*{animation:none!important}}" in text
    assert re.findall(r"(?:href|src)=|url\((?!#)|@import|<script", text) == []


def test_the_session_is_a_real_one():
    said = (GUIDE / "session.txt").read_text()
    assert re.search(r"^05_oom@\w+ is up \([\d.]+ s\)\.$", said, re.MULTILINE)
    name, size = re.findall(r"Killed process \d+ \((\w+)\) .*?anon-rss:(\d+)kB", said, re.DOTALL)[0]
    assert f"answer killed {name}" in said
    assert f"answer killed_kb {size}" in said
    assert "1 of 6 tasks done" in said
    assert str(Path.home()) not in said.replace("/root/oom-report.txt", "")
