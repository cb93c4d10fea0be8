# The first process of the examiner's container, in the learner's view of cgroups. It lays the machine out, says what
# the host's kernel is set to, and waits to be told that this has been noted; then it sets the stage.
# In:  the nonce; the input's size; the script; the nonce; the input.
# Out: the snapshot; `READY nonce`; then both outputs, each closed by the nonce.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
# Where nothing can fork the engine cannot either, and nobody could put the host right again: so that is not let be.
read -r promises < /proc/sys/vm/overcommit_memory
keep_watch() {
    while :; do
        can_fork || echo "$promises" > /proc/sys/vm/overcommit_memory
        pause 0.2
    done
}
cgroups=/sys/fs/cgroup
umount $cgroups # the kernel refuses the same file system twice in one place
mount -t cgroup2 cgroup2 $cgroups || exit
if [ ! -d $cgroups/init.scope ]; then
    # A cgroup that gives controllers to those below may have no process of its own.
    mkdir $cgroups/init.scope
    while read -r pid; do echo "$pid" > $cgroups/init.scope/cgroup.procs; done < $cgroups/cgroup.procs 2>/dev/null
    for controller in cpuset cpu io memory hugetlb pids; do echo "+$controller" > $cgroups/cgroup.subtree_control; done 2>/dev/null
fi
echo -1000 > /proc/self/oom_score_adj
[ ! -e /run/staged ] || keep_watch
IFS= read -r nonce || exit
( eval "$RAMLAB_RECORD" )
echo "READY $nonce"
read -r size || exit
script=
while IFS= read -r line && [ "$line" != "$nonce" ]; do
    script="$script$line
"
done
# What the scenario starts belongs to the learner's machine, and counts there. Who moves a process must see both
# cgroups (nsdelegate, see cgroups(7)): only the host does.
enter="echo \$PPID > $cgroups/init.scope/cgroup.procs"
busybox head -c "$size" | (
    /usr/bin/nsenter --cgroup="$HOST_PROC/1/ns/cgroup" -- busybox sh -c "$enter"
    unset RAMLAB_RECORD
    eval "$script"
) > /run/said 2> /run/complained
status=$?
busybox cat /run/said
printf "\n%s out\n" "$nonce"
busybox cat /run/complained
printf "\n%s err %d\n" "$nonce" $status
: > /run/staged
exec > /dev/null 2>&1
keep_watch
