# Sets the stage of the old machine: cgroup v1's memory hierarchy, and three services under runit, one of them stuck.
set -eu
root=/proc/1/root
[ ! -e /run/lab/staged ] || exit 0
sv=$root/etc/sv
bin=$root/usr/local/sbin

# The learner's cgroups as such machines had them; and the examiner's own door to the same hierarchy.
at=/sys/fs/cgroup
nsenter -t 1 -m busybox sh -ec "
    umount $at
    mount -t tmpfs -o mode=755 cgroup $at
    mkdir $at/memory $at/unified
    mount -t cgroup2 cgroup2 $at/unified
    mount -t cgroup -o memory memory $at/memory
    mount -o remount,ro $at"
memory=/run/lab/memory
mkdir $memory
mount -t cgroup -o memory memory $memory
rmdir $memory/warm 2> /dev/null || : # of the template's warming up

service() { # NAME WHAT-IT-IS-TOLD, and on stdin what comes before
    mkdir -p "$sv/$1"
    cp stage/tenant.py "$bin/$1"
    {
        echo "#!/bin/sh"
        echo "# runit runs this, and runs it again whenever it ends."
        echo "exec >>/var/log/$1.log 2>&1"
        cat
        echo "exec /usr/local/sbin/$1${2:+ $2}"
    } > "$sv/$1/run"
    chmod 755 "$sv/$1/run"
    : > "$root/var/log/$1.log"
    ln -s "/etc/sv/$1" $root/etc/runit/runsvdir/default/
}
service printd "" < /dev/null
sed "s/@SOFT@/$TILL_SOFT_MIB/; s/@LIMIT@/$TILL_MIB/; s/@MEMSW@/$((TILL_MIB + TILL_SWAP_MIB))/" stage/till.run > till.run
service "$TILL" "" < till.run
service "$STUCK" "take $(((STUCK_MIB + 6) * 1024))" <<RUN
g=/sys/fs/cgroup/memory/$STUCK_IN
mkdir -p \$g
echo ${STUCK_MIB}M > \$g/memory.limit_in_bytes
echo 1 > \$g/memory.oom_control
echo \$\$ > \$g/tasks
RUN
(
    echo 0 > /proc/self/oom_score_adj
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid runsvdir -P /etc/service
) < /dev/null > /dev/null 2>&1 9<&- &

for name in printd "$TILL" "$STUCK"; do
    tries=0
    until read -r said _ < "$root/var/log/$name.log" && [ "$said" = READY ]; do
        tries=$((tries + 1))
        [ $tries -lt 1800 ] || { echo "$name did not start: $(cat $root/var/log/*.log)" >&2; exit 1; }
        sleep 0.1
    done
done
tries=0
until grep -q 'under_oom 1' "$memory/$STUCK_IN/memory.oom_control"; do
    tries=$((tries + 1))
    [ $tries -lt 1800 ] || { echo "$STUCK is not stuck: $(cat $root/var/log/*.log)" >&2; exit 1; }
    sleep 0.1
done
# Who it is: the pid, and when it was born.
read -r _ pid < "$root/var/log/$STUCK.log"
read -r line < "/proc/$pid/stat"
set -- ${line##*)}
shift 19
echo "$pid $1" > /run/lab/stuck
: > /run/lab/staged
