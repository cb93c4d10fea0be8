"""How a page of the guide is read and compared: what holds, and what does not."""

import textwrap

import pytest

from ramlab.guide import pages

PAGE = """\
---
machine: {memory: 256M, nodes: 2}
---
# A page

```bash
# not ours
```

% vary: numbers, addresses
```console
# free -m
Mem:   461   52
# true
# cat x
one
...
```

```console
# sysctl vm.swappiness
vm.swappiness = 60
```

```{code-block} console
:caption: "Not run: it takes a night"
# sleep 30000
```
"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return pages.read(path)


def test_blocks_have_their_steps_and_what_may_differ(page):
    first, second = page.blocks

    assert page.machine == {"memory": "256M", "nodes": 2}
    assert [step.command for step in first.steps] == ["free -m", "true", "cat x"]
    assert [step.output for step in first.steps] == [["Mem:   461   52"], [], ["one", "..."]]
    assert (first.line, first.end, first.vary) == (12, 18, {"numbers", "addresses"})
    assert (second.line, second.vary, page.not_run) == (21, frozenset(), 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```console\n# true\n```\n", ":1: the page has blocks to run and no `machine`"),
        ("---\nmachine: {memory: 512M}\n---\n% vary: number\n```console\n# true\n```\n", ":4: vary: number; legal:"),
        ("---\nmachine: {memory: 512M}\n---\n```console\ntrue\n```\n", ":5: a block begins with a command"),
        ("```{code-block} console\n# true\n```\n", ':1: a block that is not run needs the caption "Not run: <why>"'),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, said):
    path = tmp_path / "page.md"
    path.write_text(text)

    with pytest.raises(pages.PageError) as caught:
        pages.read(path)
    assert str(caught.value).startswith(f"{path}{said}")


def test_a_declaration_holds_for_the_block_right_below_alone(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("---\nmachine: {memory: 512M}\n---\n% vary: order\n\n```console\n# true\n```\n")

    assert pages.read(path).blocks[0].vary == frozenset()


@pytest.mark.parametrize(
    ("shown", "printed", "vary"),
    [
        ("a\nb", "a\nb", ""),
        ("a\n...", "a\nb\nc", ""),
        ("a\n...", "a", ""),
        ("...\nc", "a\nb\nc", ""),
        ("a\n...\nc\n...\ne", "a\nc\nb\nc\nd\ne", ""),
        ("Mem:   461Mi  5.0G", "Mem: 1461Mi 12K", "numbers"),
        ("pid 12 at 0x1f2", "pid 9 at 0x7fff", "numbers,addresses"),
        ("[    1.128592] init", "[12345.000001] init", "numbers"),
        ("  1[|||    12.0%]", "  1[       0.0%]", "numbers"),
        ("55d93e52a000-55d93e559000 r--p", "55a2e0e21000-55a2e0e50000 r--p", "addresses"),
        ("Tue Nov 24 02:22:02 2026", "Wed Dec  2 12:00:59 2027", "dates"),
        ("Tue Nov 24 02:22:02 UTC 2026", "Fri Jan 12 02:22:02 CET 2029", "dates"),
        ("2026-11-24T02:22:02+01:00 x", "2027-01-24T12:22:02Z x", "dates"),
        ("-rw-r--r-- 1 root Nov 24 02:22 f", "-rw-r--r-- 1 root Jan  1 12:22 f", "dates"),
        ("a\nb", "b\na", "order"),
        ("a\n...", "b\na\nc", "order"),
    ],
)
def test_what_says_the_same_holds(shown, printed, vary):
    kinds = frozenset(vary.split(",")) - {""}

    assert pages.same(shown.split("\n"), printed.split("\n"), kinds)


@pytest.mark.parametrize(
    ("shown", "printed", "vary"),
    [
        ("a", "b", ""),
        ("a", "a\nb", ""),
        ("a\nb", "a", ""),
        ("a\n...\nc", "a\nb", ""),
        ("vm.swappiness = 60", "vm.swappiness = 10", ""),
        ("vm.swappiness = 60", "vm.swappiness = 10", "addresses,dates,order"),
        ("vm.swappiness = 60", "vm.dirty_ratio = 60", "numbers"),
        ("Mem: 1 2", "Mem: 1", "numbers"),
        ("12 kB", "12 MB", "numbers"),
        ("a\na", "a\nb", "order"),
        ("a\na", "a", "order"),
        ("a b", "a  b", ""),
        ("r-xp 00000000", "rwxp 00000000", "addresses"),
    ],
)
def test_what_says_something_else_does_not(shown, printed, vary):
    kinds = frozenset(vary.split(",")) - {""}

    assert not pages.same(shown.split("\n"), printed.split("\n"), kinds)


def test_a_difference_names_file_and_line_and_shows_what_matters_alone(page):
    printed = [["Mem:   900   10"], [], ["two", "lines"]]

    assert pages.difference(page, page.blocks[0], printed) == textwrap.dedent(f"""\
        --- {page.path}:12
        +++ {page.path}:12 as the machine printed it
        @@ -2,5 +2,5 @@
         Mem:   461   52
         # true
         # cat x
        -one
        -...
        +two
        +lines""")
    assert pages.difference(page, page.blocks[0], [["Mem:  1  2"], [], ["one", "x", "y"]]) == ""


def test_writing_keeps_what_holds_and_changes_nothing_else(page):
    text = pages.written(page, [[["Mem:  1  2"], ["said"], ["two", "# three"]], [["vm.swappiness = 10"]]])

    assert text == PAGE.replace("# true\n", "# true\nsaid\n", 1).replace("one\n...", "two\n...").replace("60", "10")
