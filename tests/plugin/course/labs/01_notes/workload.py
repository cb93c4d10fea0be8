"""Wipes a note that its owner did not protect. `workload.py press`."""

import os
import stat
import sys
from pathlib import Path

NOTE = Path(os.environ.get("NOTE", "/proc/1/root/stage/note"))

if sys.argv[1:] != ["press"]:
    sys.exit("usage: workload press")
print("READY", flush=True)
if NOTE.exists() and NOTE.stat().st_mode & stat.S_IWUSR:
    NOTE.write_text("")
    print("wiped the note")
else:
    print("there was nothing to wipe")
