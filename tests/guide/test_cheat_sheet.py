"""The cheat sheet: its commands work in a machine like the page's, and it prints on one page of A4."""

import re
from contextlib import closing
from pathlib import Path

import pypdf
import pytest

from ramlab.guide import pages, run, sheet

PAGE = Path(__file__).parents[2] / "guide" / "cheat_sheet.md"
ROWS = sheet.rows(PAGE)
A4 = (210, 297)
PER_INCH, MM = 72, 25.4
# What makes them worth typing: a swap area, and a cgroup in which a process was killed.
SITUATION = """\
fallocate -l 64M /swapfile && chmod 600 /swapfile && mkswap -q /swapfile && swapon /swapfile
mkdir $CG/pen && echo 20M > $CG/pen/memory.max && echo 0 > $CG/pen/memory.swap.max
cgexec -g memory:pen python3 -c 'b = b"x" * (60 << 20)' > /dev/null 2>&1; [ $? = 137 ]
set -o pipefail"""
CUT_OFF = 141
"""What `sort | head` ends with where head had enough: 128 and SIGPIPE."""


@pytest.fixture(scope="module")
def terminal():
    page = pages.read(PAGE)
    with run.machine_of(page) as machine, closing(run.Terminal(machine)) as terminal:
        for command in [step.command for block in page.blocks for step in block.steps] + SITUATION.splitlines():
            assert terminal.type(f"{command}; echo status $?")[-1] == "status 0", command
        yield terminal


@pytest.mark.machine
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.command)
def test_a_command_works(terminal, row):
    *printed, status = terminal.type(f"{row.command}; echo status $?")

    assert status in ("status 0", f"status {CUT_OFF}"), f"{printed} {status}"
    assert any(line.strip() for line in printed)


def test_it_prints_on_one_page_of_a4_and_has_all_rows(tmp_path):
    sheet.write(PAGE, tmp_path / "sheet.pdf")

    (page,) = pypdf.PdfReader(tmp_path / "sheet.pdf").pages
    size = tuple(round(float(side) / PER_INCH * MM) for side in (page.mediabox.width, page.mediabox.height))
    assert size == A4
    # Where a cell takes more than one line, blanks and line ends are the printer's.
    text = re.sub(r"\s", "", page.extract_text())
    for row in ROWS:
        for cell in (row.group, row.symptom, row.command, row.look):
            assert re.sub(r"\s", "", cell) in text


def test_it_covers_the_three_levels():
    assert len({row.group for row in ROWS}) == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("| Slow | free -m | available |", "has to be one command"),
        ("| Slow | `free -m` or `vmstat` | available |", "has to be one command"),
        ("| Slow | `free -m` | |", "has to have a symptom"),
    ],
)
def test_a_row_that_is_not_one_is_refused(tmp_path, line, said):
    path = tmp_path / "sheet.md"
    path.write_text(f"## All\n\n| a | b | c |\n|---|---|---|\n{line}\n")

    with pytest.raises(pages.PageError, match=said):
        sheet.rows(path)


def test_more_than_fits_on_a_page_is_refused(tmp_path):
    path = tmp_path / "sheet.md"
    path.write_text("## All\n\n| a | b | c |\n|---|---|---|\n" + "| Slow | `free -m` | available |\n" * 120)

    with pytest.raises(pages.PageError, match="120 rows do not fit"):
        sheet.write(path, tmp_path / "sheet.pdf")
    assert not (tmp_path / "sheet.pdf").exists()
