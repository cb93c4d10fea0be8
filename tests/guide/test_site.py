"""The site: builds without a warning, needs no other server, and `ramlab guide` finds it."""

import re
from pathlib import Path

from ramlab import cli
from ramlab.guide import pictures, timelines

ROOT = Path(__file__).parents[2]


def test_every_page_is_there(site):
    for path in (ROOT / "guide").rglob("*.md"):
        assert (site / path.relative_to(ROOT / "guide")).with_suffix(".html").is_file()


def test_nothing_is_loaded_from_elsewhere(site):
    loads = re.compile(r"<(?:script|img|iframe|link)\b[^>]*(?:src|href)=\"(?:https?:)?//|@import|url\((?:https?:)?//")

    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert [path.name for path in pages if loads.search(path.read_text())] == []


def test_every_page_can_be_read_on_a_phone_and_says_its_language(site):
    for path in site.rglob("*.html"):
        text = path.read_text()
        assert '<html class="no-js" lang="en"' in text
        assert 'name="viewport"' in text
        assert "<img" not in re.sub(r'<img[^>]* alt="[^"]+', "", text)


def test_each_chapter_has_a_picture_and_each_picture_a_chapter(site):
    wanted = re.compile(r"^<!-- picture: (\w+) -->$", re.MULTILINE)
    drawn, chapters = [], set()
    for path in (ROOT / "guide").glob("*.md"):
        text = (site / path.name).with_suffix(".html").read_text()
        for name in wanted.findall(path.read_text()):
            assert f'<desc id="{name}-desc">' in text
            drawn.append(name)
            chapters.add(path.name[:2])
        assert "<!-- picture:" not in text
    assert sorted(drawn) == sorted(pictures.PICTURES)
    assert sorted(chapters) == [f"{number:02}" for number in range(1, 16)]


def test_each_labs_page_ends_with_its_timeline(site):
    for lab in timelines.TIMELINES:
        text = (site / "labs" / lab / "README.html").read_text()
        assert f'<desc id="{lab}-desc">' in text
        assert "line: least (when), most (when)" in text, "its table"


def test_the_command_says_where_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RAMLAB_LABS", str(tmp_path / "labs"))
    monkeypatch.setenv("BROWSER", "true")  # a program in the terminal, as far as webbrowser knows
    (tmp_path / "labs").mkdir()

    assert cli.main(["guide"]) == 2
    assert f"next: cd {tmp_path} && make guide" in capsys.readouterr().err

    index = tmp_path / "dist" / "guide" / "index.html"
    index.parent.mkdir(parents=True)
    index.touch()
    assert cli.main(["guide"]) == 0
    assert capsys.readouterr().out == f"Open this in a browser: {index}\n"
