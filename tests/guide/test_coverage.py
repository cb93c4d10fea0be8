"""The outline's commands: which page types them, which lab has them, and that guide/coverage.md says so."""

import pytest

from ramlab.guide import coverage


def test_the_page_is_up_to_date():
    written = (coverage.ROOT / "guide" / "coverage.md").read_text()

    assert written == coverage.text(coverage.every()), "type: python -m ramlab.guide.coverage"


@pytest.mark.parametrize("command", coverage.commands(), ids=lambda one: one.command)
def test_a_command_is_practised_in_its_lab(command):
    assert command.practised()


@pytest.mark.parametrize("command", coverage.commands(), ids=lambda one: one.command)
def test_a_command_is_typed_in_its_chapter(command):
    assert command.chapters(coverage.every())


def test_a_command_is_in_each_page_that_types_it():
    limit = next(one for one in coverage.commands() if "memory.limit_in_bytes" in one.command)

    assert [page.path.stem for page in limit.chapters(coverage.every())] == ["14_cgroups", "14_cgroups_v1"]


def test_at_most_one_block_in_twenty_is_not_run():
    found = coverage.every()

    assert sum(page.not_run for page in found) * 19 <= sum(len(page.blocks) for page in found)


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("timeout --foreground 3 watch -n 1 free -m", True),
        ("watch -n 1 free -mh", False),
        ("watch -n 10 free -m", False),
    ],
)
def test_a_command_is_found_as_a_whole(line, typed):
    watch = next(one for one in coverage.commands() if one.command == "watch -n 1 free -m")

    assert watch.typed(line) == typed
