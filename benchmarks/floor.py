"""The floor that `ramlab start` is held against: fork a template and run one command in it, with nothing around it.

usage: floor.py PLAN.json      start.py writes the plan; prints QEMU's pid, and QEMU stays
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from typing import Any

with open(sys.argv[1]) as file:  # noqa: PTH123 -- pathlib's import would be a third of this script's own time
    plan = json.load(file)
shutil.copyfile(plan["overlay"], plan["disk"])
qemu = subprocess.Popen(plan["qemu"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
monitor = socket.socket(socket.AF_UNIX)
while monitor.connect_ex(plan["qmp"]):
    if qemu.poll() is not None:
        sys.exit(f"QEMU ended with status {qemu.returncode}")
    time.sleep(0.002)
lines = monitor.makefile("rw")
lines.readline()  # the greeting


def ask(command: str, **arguments: Any) -> Any:  # noqa: ANN401 -- QMP answers in JSON
    """Give QEMU's answer to one QMP command."""
    lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
    lines.flush()
    while "return" not in (reply := json.loads(lines.readline())):  # events come in between
        if "error" in reply:
            sys.exit(f"{command}: {reply['error']['desc']}")
    return reply["return"]


ask("qmp_capabilities")
ask("migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": True}])
ask("migrate-incoming", uri=f"exec:cat {plan['state']}")
while ask("query-status")["status"] != "running":
    time.sleep(0.002)
subprocess.run(plan["ssh"], check=True, stdin=subprocess.DEVNULL)
print(qemu.pid)
