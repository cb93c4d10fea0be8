"""Write all pictures as files, for slides and handouts."""

import sys
from pathlib import Path

from ramlab.guide import pictures

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "dist/pictures")
folder.mkdir(parents=True, exist_ok=True)
for name in pictures.PICTURES:
    target = folder / f"{name}.svg"
    target.write_text(pictures.make(name)[0].alone(), encoding="utf-8")
    print(target)
