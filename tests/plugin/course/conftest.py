"""In this miniature course all machines are local ones."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import local_machine

local_machine.install()
