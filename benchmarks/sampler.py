"""What `ramlab record` costs in a machine: CPU ticks and memory of the sampler, and of its connection.

    python benchmarks/sampler.py LAB [SECONDS] [NAME]

LAB has to run, and nothing to be at work in it; NAME is what the sampler's process is called.
"""

import sys
import time

from containers import machines
from ramlab import places, sampling

LAB = sys.argv[1]
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
NAME = sys.argv[3] if len(sys.argv) > 3 else "perl"
# Its parents up to the connection's dropbear, and brothers: the sampler before this one was two dash and a mawk.
LOOK = rf"""
p=$(pgrep -nx {NAME}); q=$(ps -o ppid= -p $p); r=$(ps -o ppid= -p $q)
for one in $(pgrep -P $q) $q $r; do echo $one; done | sort -un | while read -r one; do
  [ $one -gt 1 ] || continue
  echo "$one $(cat /proc/$one/comm) $(awk '{{print $14, $15}}' /proc/$one/stat)" \
    "$(awk '/^Pss:/ {{p = $2}} /^Pss_Anon:/ {{a = $2}} END {{print p, a}}' /proc/$one/smaps_rollup)"
done; echo "uptime $(cut -d ' ' -f 1 /proc/uptime)"; getconf CLK_TCK"""


def look() -> tuple[dict[str, list[float]], float]:
    """Give `pid comm` -> user ticks, system ticks, PSS kB, anonymous PSS kB; and the uptime in ticks."""
    *lines, uptime, ticks = machine.examiner.run(LOOK).stdout.splitlines()
    found = {" ".join(line.split()[:2]): [float(word) for word in line.split()[2:]] for line in lines}
    return found, float(uptime.split()[1]) * int(ticks)


wanted = places.wanted(LAB, "")
machine = next(one for one in machines.every() if one.name == wanted)
running = sampling.samples(machine, interval=1.0)
for _ in range(11):  # the first ones, and one in which it looks for cgroups
    next(running)
before, begun = look()
ends = time.monotonic() + SECONDS
count = 0
while time.monotonic() < ends:
    seen = next(running)
    count += 1
after, ended = look()
running.close()
print(f"{machine.name}: {count} samples, {ended - begun:.0f} ticks, {len(seen['cgroups'])} cgroups")
print("pid comm, user ticks, system ticks, % of one CPU, PSS kB, anonymous PSS kB")
for name, (user, system, pss, anonymous) in after.items():
    if name not in before:  # what looks at them
        continue
    used = [now - then for now, then in zip((user, system), before[name][:2], strict=True)]
    share = 100 * sum(used) / (ended - begun)
    print(f"{name:20} {used[0]:4.0f} {used[1]:4.0f} {share:6.2f} % {pss:6.0f} {anonymous:6.0f}")
