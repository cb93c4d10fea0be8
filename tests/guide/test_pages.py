"""Each page of the guide holds: its blocks are typed into its machine, which prints what the page shows."""

from pathlib import Path

import pytest

from ramlab.guide import pages, run

GUIDE = Path(__file__).parents[2] / "guide"
RUN = [page for path in sorted(GUIDE.glob("*.md")) if (page := pages.read(path)).blocks]


# Beside each other, as far as pytest -n allows; see tests/conftest.py.
@pytest.mark.machine
@pytest.mark.slow  # a chapter takes up to a minute
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.path.stem)
def test_a_page_holds(page):
    differences = run.check(page)
    if differences:
        pytest.fail(f"\n{differences}", pytrace=False)


@pytest.mark.machine
def test_a_page_that_lies_is_found_out(tmp_path):
    path = tmp_path / "liar.md"
    path.write_text("""\
---
machine: {memory: 512M}
---
% vary: numbers
```console
# free -m | head -1; printf 'no end of line'
               total        used        free      shared  buff/cache   available
no end of line
# swapon --show
# echo $((6 * 7)) $COLUMNS; tty | grep -o pts
42 100
pts
```

```console
# sysctl vm.swappiness
vm.swappiness = 61
```
""")
    differences = run.check(pages.read(path))

    assert differences.splitlines()[:2] == [f"--- {path}:16", f"+++ {path}:16 as the machine printed it"]
    assert [line for line in differences.splitlines()[2:] if line[0] in "+-"] == [
        "-vm.swappiness = 61",
        "+vm.swappiness = 60",
    ]
