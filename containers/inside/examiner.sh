# The first process of the examiner's container, which is there before the learner's: beside the host's processes. It
# says what the host's kernel is set to, and waits to be told that this has been noted and whom it is to examine. Then it
# makes the door to that container's processes, lays the machine out, and sets the stage.
# In:  the nonce; the host's pid of the learner's first process; the input's size; the script; the nonce; the input.
# Out: the snapshot; `READY nonce`; then both outputs, each closed by the nonce.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
# Where nothing can fork the engine cannot either, and nobody could put the host right again: so that is not let be.
read -r promises < /proc/sys/vm/overcommit_memory
echo -1000 > /proc/self/oom_score_adj
IFS= read -r nonce || exit
( eval "$RAMLAB_RECORD" )
echo "READY $nonce"

read -r learner || exit
mkdir "$DOOR"
for name in pid ipc cgroup mnt; do : > "$DOOR/$name"; done
for name in pid ipc cgroup; do mount --bind "/proc/$learner/ns/$name" "$DOOR/$name" || exit; done
# The engine's own execs need a /proc in which they are themselves. So the learner's processes have theirs in a mount
# namespace of its own, which the door leads into.
/usr/bin/unshare --mount="$DOOR/mnt" true || exit
inside() { /usr/bin/nsenter --pid="$DOOR/pid" --ipc="$DOOR/ipc" --cgroup="$DOOR/cgroup" --mount="$DOOR/mnt" -- busybox sh "$@"; }
# shellcheck disable=SC2016 # it is expanded inside
inside -ec '
mount -t proc proc /proc
cgroups=/sys/fs/cgroup
umount $cgroups # the kernel refuses the same file system twice in one place
mount -t cgroup2 cgroup2 $cgroups
# A 0 is a process of another PID namespace: then it is no cgroup of the container alone, and not ours to lay out. A
# rootless engine to which nobody has delegated a cgroup leaves its containers where it is itself.
! busybox grep -qx 0 $cgroups/cgroup.procs || exit 0
# A cgroup that gives controllers to those below may have no process of its own.
mkdir $cgroups/init.scope
set +e
while read -r pid; do echo "$pid" > $cgroups/init.scope/cgroup.procs; done < $cgroups/cgroup.procs 2>/dev/null
for controller in cpuset cpu io memory hugetlb pids; do echo "+$controller" > $cgroups/cgroup.subtree_control; done 2>/dev/null
true
' || exit

read -r size || exit
script=
while IFS= read -r line && [ "$line" != "$nonce" ]; do
    script="$script$line
"
done
# What the scenario starts belongs to the learner's machine, and counts there. Who moves a process must see both
# cgroups (nsdelegate, see cgroups(7)): only the host does.
unset RAMLAB_RECORD
# shellcheck disable=SC2016
busybox head -c "$size" | inside -c '
[ ! -d /sys/fs/cgroup/init.scope ] ||
    /usr/bin/nsenter --cgroup="$HOST_PROC/1/ns/cgroup" -- busybox sh -c "echo \$PPID > /sys/fs/cgroup/init.scope/cgroup.procs"
eval "$1"
' sh "$script" > /run/said 2> /run/complained
status=$?
busybox cat /run/said
printf "\n%s out\n" "$nonce"
busybox cat /run/complained
printf "\n%s err %d\n" "$nonce" $status
exec > /dev/null 2>&1
# It ends with the learner's container.
while [ -d "/proc/$learner" ]; do
    can_fork || echo "$promises" > /proc/sys/vm/overcommit_memory
    pause 0.2
done
