"""What `ramlab record` costs in the machine: CPU ticks and memory of the sampler's processes. Needs 05_oom running."""

import sys
import time

from containers import machines
from ramlab import sampling

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
LOOK = r"""
for p in $(pgrep mawk) ; do
  q=$(ps -o ppid= -p $p); r=$(ps -o ppid= -p $q)
  for one in $p $(pgrep -P $q) $q $r; do echo $one; done
done | sort -un | while read -r one; do
  echo "$(cat /proc/$one/comm) $(awk '{print $14 + $15}' /proc/$one/stat)" \
    "$(awk '/^Pss:/ {p = $2} /^Pss_Anon:/ {a = $2} END {print p, a}' /proc/$one/smaps_rollup)" \
    "$(awk '/^VmHWM/ {print $2}' /proc/$one/status)"
done; cat /proc/uptime; getconf CLK_TCK"""

machine = next(one for one in machines.every() if one.name.startswith("05_oom@"))
running = sampling.samples(machine, interval=1.0)
next(running)
print("comm, CPU ticks, PSS kB, anonymous PSS kB, highest RSS kB; then the uptime and the ticks of a second")
print(machine.examiner.run(LOOK).stdout)
ends = time.monotonic() + SECONDS
count = 0
while time.monotonic() < ends:
    next(running)
    count += 1
print(f"after {count} more samples:")
print(machine.examiner.run(LOOK).stdout)
running.close()
