# Sets the stage of the first machine: a scanner's three programs, which decide what is in which zone, and a setting.
set -eu
root=/proc/1/root
[ ! -e /run/lab/staged ] || exit 0
cp stage/frames.py $root/usr/local/sbin/frames
mkdir -p $root/etc/sysctl.d $root/var/lib
cat > $root/etc/sysctl.d/70-low-latency.conf <<END
# From a guide to low latency: a page that is locked is not to be touched, by nobody.
vm.compact_unevictable_allowed = 0
END
echo 0 > /proc/sys/vm/compact_unevictable_allowed
# Free pages that a CPU has for itself are in no block, and each keeps one of 2 MiB from being whole: few of them.
echo 100000 > /proc/sys/vm/percpu_pagelist_high_fraction
# What lies in the page cache could be moved, and is not what this is about.
sync
echo 3 > /proc/sys/vm/drop_caches
# In the learner's world, as `learner-world` would, but without six dynamic programs on the way.
printf '%s\n' "$RING" "$LENS" "$BULK" "$ORDER" "$SCREEN" | (
    echo 0 > /proc/self/oom_score_adj
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid frames
) >$root/var/log/frames.log 2>&1 9<&- &
tries=0
until [ -S "$root/run/$RING.sock" ]; do
    tries=$((tries + 1))
    [ $tries -lt 3000 ] || { echo "frames did not start: $(cat $root/var/log/frames.log)" >&2; exit 1; }
    usleep 100000
done
cp "$root/run/$LENS.buffers" /run/lab/buffers
: > /run/lab/staged
