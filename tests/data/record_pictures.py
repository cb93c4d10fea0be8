"""Records what the guide's pictures of LRU lists and cgroups are drawn from: `python tests/data/record_pictures.py`.

Its output is tests/data/pictures: the LRU's counters and generations of one machine (512 MB) before and after it was
told to keep no generations, and a small tree of cgroups in which a job was killed at its limit.
"""

import os
from pathlib import Path
from types import SimpleNamespace

from checkers import cgroups
from checkers._reading import text
from containers import backend, machines
from containers.shape import Shape

HERE = Path(__file__).parent / "pictures"
LISTS = """
mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
for file in /sys/kernel/mm/lru_gen/enabled /proc/meminfo /proc/vmstat /sys/kernel/debug/lru_gen; do
  echo "==> $file"; cat $file
done
"""
# A process that holds 60 MB for good, a file that is read twice, and one that is read once when the generations have
# moved on: so that there is something in each list.
STAGE = """
head -c 40M /dev/urandom > /root/old; head -c 24M /dev/urandom > /root/new; sync
setsid python3 -c 'import time; kept = b"x" * (60 << 20); time.sleep(10000)' > /root/log 2>&1 < /dev/null &
cat /root/old /root/old > /dev/null
until [ "$(awk '/^VmRSS/ { print ($2 > 60000) }' /proc/$!/status)" = 1 ]; do sleep 0.2; done
"""
AGE = r"""
mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
age() {
  awk '/^memcg/ { id = ($3 == "/") * $2 } id && NF == 4 { root = id; n = $1 } END { print "+", root, 0, n, 1, 1 }' \
    /sys/kernel/debug/lru_gen > /run/age
  cat /run/age > /sys/kernel/debug/lru_gen
}
age; cat /root/new > /dev/null; sleep 3; age
"""
TREE = """
cd /sys/fs/cgroup && echo +memory > cgroup.subtree_control
mkdir -p shop/web shop/db batch/nightly
for one in shop batch; do echo +memory > $one/cgroup.subtree_control; done
echo 160M > shop/memory.max; echo 48M > shop/memory.min; echo 48M > shop/db/memory.min; echo 64M > shop/web/memory.high
echo 32M > batch/memory.max; echo 1 > batch/nightly/memory.oom.group
hold() {
  sh -c 'echo $$ > "$1/cgroup.procs"; exec python3 -c "import sys, time; kept = b\\"x\\" * ($2 << 20)
print(1, flush=True); time.sleep(10000)"' - "$1" "$2" > /run/said.$3 2>&1 < /dev/null &
}
hold shop/web 24 1; hold shop/web 12 2; hold shop/db 40 3; hold batch/nightly 8 4
until [ "$(cat /run/said.[1-4] | wc -l)" = 4 ]; do sleep 0.2; done
sh -c 'echo $$ > batch/nightly/cgroup.procs; exec python3 -c "kept = b\\"x\\" * (64 << 20)"'
hold batch/nightly 8 5
until [ -s /run/said.5 ]; do sleep 0.2; done
"""


def main() -> None:
    """Record."""
    machine = machines.start(f"record@{os.getpid()}", Shape(memory="512M"))
    try:
        HERE.mkdir(exist_ok=True)
        machine.learner.run(STAGE, timeout=300)
        for name, change in (("generations", AGE), ("classic", "echo 0 > /sys/kernel/mm/lru_gen/enabled")):
            machine.learner.run(change, timeout=300)
            (HERE / f"lru_{name}_6.12.txt").write_text(machine.examiner.run(LISTS).stdout)
        machine.learner.run(TREE, timeout=300)
        host, said = backend.host_of(machine.examiner), []

        def run(command: str) -> object:
            done = host.run(command)
            said.append(text(done.stdout_bytes.removesuffix(b"\nchecker-end\n")))
            return done

        cgroups.tree(SimpleNamespace(run=run), "/")
        (HERE / "cgroups_6.12.txt").write_text(said[-1])
    finally:
        machine.stop()


if __name__ == "__main__":
    main()
