# The reference answer to 06_numa: what you could have typed, task by task.
. /usr/local/share/ramlab/parameters.env
other=$((1 - HOME_NODE))
anew() { # NAME: restart a service, and wait for what it says when all is in place
    : > "/var/log/$1.log"
    sv restart "$1"
    timeout 300 sh -c 'until grep -q READY "$0"; do sleep 0.1; done' "/var/log/$1.log"
}

# 1. Processor and memory are set before the program loads, so its first touch is at home.
numastat -p signald
sed -i "s,taskset -c [0-9],numactl --cpunodebind=$HOME_NODE --membind=$HOME_NODE," /etc/sv/signald/run
anew signald

# 2. mapd fills the segment, so mapd's policy counts, and that of nobody who only reads it.
sed -i 's,taskset -c [0-9],numactl --interleave=all,' /etc/sv/mapd/run
anew mapd
grep /dev/shm/network "/proc/$(pgrep -x mapd)/numa_maps"

# 3. migratepages and taskset would move what is there; what it takes later would go by its policy, bind. A cpuset is above
# that: it takes processor, pages and policy along.
group=/sys/fs/cgroup/dispatch
mkdir $group
echo $other > $group/cpuset.cpus
echo $other > $group/cpuset.mems
pgrep -x dispatchd > $group/cgroup.procs
numastat -p dispatchd

# 4. To prefer is not to bind.
sed -i "s,--membind=,--preferred=," /etc/sv/replan/run
anew replan

# 5. The first of the two reports.
report=/root/oom-report.txt
case $(grep -m1 -o 'CONSTRAINT_[A-Z_]*' $report) in
CONSTRAINT_CPUSET) answer oom_bound cpuset ;;
CONSTRAINT_MEMORY_POLICY) answer oom_bound policy ;;
esac
zone=$(grep -m1 'DMA32 free:' $report)
answer oom_node "$(echo "$zone" | sed 's/.*Node \([0-9]\) .*/\1/')"
pages=$(grep -m1 -o ' free:[0-9]* free_pcp' $report | tr -dc 0-9)
answer oom_free_kb $((pages * 4 - $(echo "$zone" | sed 's/.*free:\([0-9]*\)kB boost.*/\1/')))
answer oom_in_vain "$(grep -m1 'Killed process' $report | sed 's/.*(\(.*\)) total.*/\1/')"

# 6. Whose 2048 pages are on the node on which they run?
workload balance
moved=
for name in anna bela carl dora emil fred; do
    if grep 'anon=2048' "/proc/$(pgrep -x $name)/numa_maps" | grep -q "N$other=2048"; then moved="$moved $name"; fi
done
answer moved "$moved"
pkill -x 'anna|bela|carl|dora|emil|fred'

# at: four
. /usr/local/share/ramlab/parameters.env
# 7. Which nodes have no CPU, and in which order memory is taken.
numactl --hardware
answer memory_only "$(numactl --hardware | sed -n 's/^node \([0-9]\) cpus:$/\1/p' | xargs)"
answer spill_order "$(tr ' ' '\n' < "/sys/devices/system/node/node$FULL_NODE/distance" | cat -n | sort -k2n | awk '{ print $1 - 1 }' | xargs)"

# 8. The nearest node without CPUs is that with the smallest distance in our row: of the last two columns.
near=$(awk '{ print ($3 < $4) ? 2 : 3 }' "/sys/devices/system/node/node$HOME_NODE/distance")
echo "$RECORDER_SHARE" > "/sys/kernel/mm/mempolicy/weighted_interleave/node$HOME_NODE"
sed -i "s/--localalloc/--weighted-interleave=$HOME_NODE,$near/" /etc/sv/recorderd/run
: > /var/log/recorderd.log
sv restart recorderd
timeout 300 sh -c 'until grep -q READY /var/log/recorderd.log; do sleep 0.1; done'
