"""The floor for a start of a `docker` machine: two containers, privileged, one in the other's PID namespace.

usage: bare.py          starts them and prints their ids
       bare.py ID...    removes them
"""

import sys

from containers import engines
from containers.docker_start import image
from containers.machine import silent

engine = engines.connect()
api = engine.api
if len(sys.argv) > 1:
    for container in reversed(sys.argv[1:]):
        api.remove_container(container, force=True)
    sys.exit()
tag = image(engine, silent)
pid_mode = None
for _ in range(2):
    config = api.create_host_config(privileged=True, network_mode="none", pid_mode=pid_mode)
    made = api.create_container(tag, command=["sleep", "infinity"], host_config=config)["Id"]
    api.start(made)
    pid_mode = f"container:{made}"
    print(made, flush=True)
