# Says what a privileged container has on this engine, as `NAME VALUE` lines. Looks, and changes nothing.
say() { echo "$1 $2"; }
while read -r name value; do
    case $name in CapEff: | CapBnd:) say "${name%:}" "$value" ;; esac
done < /proc/self/status
read -r inside outside count < /proc/self/uid_map
say uid_map "$inside $outside $count"
while read -r _ place type options _; do
    case $place in
    /sys/fs/cgroup) say cgroup "$type ${options%%,*}" ;;
    /proc/sys) say proc_sys "${options%%,*}" ;;
    /swap) say disk "$type" ;;
    esac
done < /proc/self/mounts
[ ! -r /sys/fs/cgroup/cgroup.controllers ] || say controllers "$(busybox cat /sys/fs/cgroup/cgroup.controllers)"
[ ! -r /sys/fs/cgroup/memory.max ] || say limit "$(busybox cat /sys/fs/cgroup/memory.max)"
[ ! -e /sys/fs/cgroup/memory.swap.max ] || say swap_accounting yes
[ ! -d /sys/fs/cgroup/memory ] || say cgroup_v1 memory
[ ! -e /sys/kernel/mm/transparent_hugepage/enabled ] || say thp yes
[ ! -w /proc/sys/vm/swappiness ] || say sysctls writable
[ ! -r /dev/kmsg ] || say kmsg yes
nodes=0
for node in /sys/devices/system/node/node[0-9]*; do [ ! -d "$node" ] || nodes=$((nodes + 1)); done
say nodes $nodes
