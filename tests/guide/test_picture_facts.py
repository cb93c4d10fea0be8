"""What some pictures say is what the kernel did, and what the guide's own pages print."""

import pytest

from checkers import _oom_words, kmsg
from checkers.errors import ReadError
from ramlab.guide import pictures
from ramlab.guide.pictures import oom_candidates

# Excerpts of what a page of the guide prints, and the page.
EXCERPTS = {"huge_pages_6.12.txt": "13_thp.md", "dirty_settings_6.12.txt": "15_sysctl.md"}


@pytest.mark.parametrize("name", EXCERPTS)
def test_what_a_page_printed_is_still_what_it_prints(name):
    page = (pictures.DATA.parents[1] / "guide" / EXCERPTS[name]).read_text()
    at = 0
    for line in (pictures.DATA / "pictures" / name).read_text().splitlines(keepends=True):
        assert line in page[at:], line
        at = page.index(line, at) + len(line)


def test_the_one_with_most_points_is_the_one_that_the_kernel_killed():
    text = (pictures.DATA / "kmsg/oom_global_6.12.txt").read_text()
    _, (head, *rows) = oom_candidates.draw(text)

    killed = [dict(zip(head, row, strict=True)) for row in rows if row[-1] == "yes"]
    assert len(killed) == 1
    assert f"Killed process {killed[0]['pid']} ({killed[0]['process']})" in text
    assert rows[0][-1] == "yes"
    with pytest.raises(ReadError, match="not by points"):
        oom_candidates.draw((pictures.DATA / "kmsg/oom_allocating_task_6.12.txt").read_text())


@pytest.mark.parametrize(("adj", "first"), [(358, "reportgen"), (359, "ledgerd")])
def test_from_which_oom_score_adj_another_would_be_killed(adj, first):
    """The picture says 359."""
    text = (pictures.DATA / "kmsg/oom_global_6.12.txt").read_text()
    drawing, _ = oom_candidates.draw(text)
    assert "with oom_score_adj 359 or more ledgerd would be killed instead" in drawing.alone()

    changed = text.replace("118784        0             0 ledgerd", f"118784        0           {adj} ledgerd")
    (report,), _ = _oom_words.parse(kmsg.parse(changed))
    assert report.candidates()[0].name == first
