"""Takes 24 MiB more than the vault may hold, in the vault: `workload press`. 0: it was stopped there; 20: not."""

import os
import sys

GROUP = "/sys/fs/cgroup/vault"
MIB = int(os.environ["VAULT_MIB"])


def inside():
    with open(f"{GROUP}/cgroup.procs", "w") as procs:
        procs.write(str(os.getpid()))
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    kept = bytearray(b"x" * ((MIB + 24) << 20))
    os._exit(len(kept) == 0)


if sys.argv[1:] != ["press"]:
    sys.exit("usage: workload press")
print("READY", flush=True)
child = os.fork()
if not child:
    inside()
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
if status != -9:
    print(f"seen {MIB + 24} MiB in the vault, status {status}; expected {MIB} at most; next: memory.max", flush=True)
    sys.exit(20)
print("VERDICT stopped in the vault")
