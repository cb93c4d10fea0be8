# Sets the stage of the 32-bit machine: six programs of a harbour, each of which holds memory of one kind.
set -eu
root=/proc/1/root
[ ! -e /run/lab/staged ] || exit 0
# Free pages that a CPU has for itself are in no zone's free pages. So that what is given back is seen: few of them.
echo 10000 > /proc/sys/vm/percpu_pagelist_high_fraction
cp stage/harbour.py $root/usr/local/sbin/harbour
set -- $KINDS
for name in ferryd quayd craned tided buoyd; do
    echo "$name $1 $EACH_MIB"
    shift
done > /run/lab/harbour
echo "pilotd anonymous $HOLD_MIB" >> /run/lab/harbour
(
    echo 0 > /proc/self/oom_score_adj
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid harbour
) </run/lab/harbour >$root/var/log/harbour.log 2>&1 9<&- &
for name in ferryd quayd craned tided buoyd pilotd; do
    tries=0
    until [ -S "$root/run/$name.sock" ]; do
        tries=$((tries + 1))
        [ $tries -lt 3000 ] || { echo "$name did not start: $(cat $root/var/log/harbour.log)" >&2; exit 1; }
        usleep 100000
    done
done
: > /run/lab/staged
