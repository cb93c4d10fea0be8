# Nearly all of it by cpusets, one for each node; the segment by a mount option; replan by no policy at all.
. /usr/local/share/ramlab/parameters.env
other=$((1 - HOME_NODE))
for node in 0 1; do
    mkdir /sys/fs/cgroup/node$node
    cat /sys/devices/system/node/node$node/cpulist > /sys/fs/cgroup/node$node/cpuset.cpus
    echo $node > /sys/fs/cgroup/node$node/cpuset.mems
done
sed -i "2i echo \$\$ > /sys/fs/cgroup/node$HOME_NODE/cgroup.procs" /etc/sv/signald/run
sed -i 's,taskset -c [0-9] ,,' /etc/sv/signald/run
pgrep -x dispatchd > /sys/fs/cgroup/node$other/cgroup.procs
mount -o remount,mpol=interleave /dev/shm
sed -i 's,numactl .*=[01] /usr,taskset -c '"$(cat /sys/devices/system/node/node$HOME_NODE/cpulist)"' /usr,' /etc/sv/replan/run
sv restart signald mapd replan

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
# Other numbers of the same proportion.
. /usr/local/share/ramlab/parameters.env
near=$((HOME_NODE + 2))
answer memory_only 3,2
echo $((RECORDER_SHARE * 3)) > /sys/kernel/mm/mempolicy/weighted_interleave/node$HOME_NODE
echo 3 > /sys/kernel/mm/mempolicy/weighted_interleave/node$near
sed -i "s/numactl .* .usr/numactl -w $HOME_NODE,$near \/usr/" /etc/sv/recorderd/run
sv restart recorderd
answer spill_order "$(for i in 0 1 2 3; do echo "$(cut -d' ' -f$((i + 1)) "/sys/devices/system/node/node$FULL_NODE/distance") $i"; done | sort -n | cut -d' ' -f2 | xargs)"
