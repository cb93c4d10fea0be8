# signald loads on its own CPU, and first touch does the rest. dispatchd: pages, processor, and then the cpuset, which is
# changed around it. replan may have memory of both nodes, so bind does no harm.
. /usr/local/share/ramlab/parameters.env
other=$((1 - HOME_NODE))
pid=$(pgrep -x dispatchd)
sed -i "s,taskset -c [0-9],taskset -c $HOME_NODE," /etc/sv/signald/run
sed -i 's,taskset -c [0-9],numactl --interleave=0-1,' /etc/sv/mapd/run
sed -i 's,--membind=[0-9],--membind=all,' /etc/sv/replan/run
sv restart signald mapd replan
migratepages "$pid" "$HOME_NODE" "$other"
taskset -pc "$other" "$pid"
mkdir /sys/fs/cgroup/rosters
echo 0-1 > /sys/fs/cgroup/rosters/cpuset.mems
echo "$pid" > /sys/fs/cgroup/rosters/cgroup.procs
echo "$other" > /sys/fs/cgroup/rosters/cpuset.mems

# What was found out: tasks 5 and 6, in few words.
set -- $(awk '!done && / free:[0-9]+ free_pcp/ { sub(/.* free:/, ""); all = $1 * 4 }
    !done && /DMA32 free:/ { match($0, /Node [0-9]/); node = substr($0, RSTART + 5, 1); sub(/.* free:/, ""); here = $0 + 0 }
    !done && /oom-kill:/ { bound = /_CPUSET/ ? "cpuset" : "policy" }
    !done && /Killed process/ { sub(/.*Killed process [0-9]* \(/, ""); sub(/\) total.*/, ""); print bound, node, $0, all - here; done = 1 }' /root/oom-report.txt)
answer oom_bound "$1"; answer oom_node "$2"; answer oom_in_vain "$3"; answer oom_free_kb "$4"
# By what each of the six does.
answer moved "$(workload balance | sed -n '/again and again\|--balancing/s/^  \([a-z]*\) .*/\1/p' | xargs)"
pkill -x 'anna|bela|carl|dora|emil|fred'

# at: four
# Where memory goes is seen by taking it: the order in which nodes get more than nothing.
. /usr/local/share/ramlab/parameters.env
answer memory_only "2 and 3"
first=$(workload fill | awk '/MiB:/ { for (i = 5; i < NF; i += 4) if ($i > 8000 && !seen[$(i - 1)]++) printf "%s ", $(i - 1) }')
rest=$(echo "0 1 2 3" | tr -d "$first")
answer spill_order "$first $rest"
echo "$RECORDER_SHARE" > "/sys/kernel/mm/mempolicy/weighted_interleave/node$HOME_NODE"
sed -i "s/--localalloc/--weighted-interleave=$HOME_NODE,$((HOME_NODE + 2))/" /etc/sv/recorderd/run
sv restart recorderd
