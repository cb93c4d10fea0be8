"""The README's table of labs is true."""

import re
from pathlib import Path

from ramlab.catalogue import Lab

ROOT = Path(__file__).parents[2]


def test_every_lab_is_in_the_table_with_its_level():
    rows = re.findall(
        r"^\| \[(\d\d_\w+)\]\(labs/\1/README\.md\) \| (\w+) \|", (ROOT / "README.md").read_text(), re.MULTILINE
    )

    labs = [Lab.load(path.parent) for path in sorted((ROOT / "labs").glob("*/lab.toml"))]
    assert rows == [(lab.name, lab.level) for lab in labs]
