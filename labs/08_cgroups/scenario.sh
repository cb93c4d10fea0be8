# Sets the stage of the first machine: a house of cgroups, four services under runit, a job, and what somebody left.
set -eu
root=/proc/1/root
[ ! -e /run/lab/staged ] || exit 0
sv=$root/etc/sv
bin=$root/usr/local/sbin
house=/sys/fs/cgroup/house

fallocate -l 48M $root/swapfile
chmod 600 $root/swapfile
mkswap $root/swapfile > /dev/null
swapon $root/swapfile

spool=$house/$PAYER/spool
mkdir -p $spool "$house/$QUIET" $house/studio
echo +memory > $house/cgroup.subtree_control
echo +memory > "$house/$PAYER/cgroup.subtree_control"
echo "${PAYER_MIB}M" > "$house/$PAYER/memory.max"
echo 64M > $spool/memory.max
echo 0 > $spool/memory.swap.max
echo 56M > $house/studio/memory.max
# What the predecessor took for a promise.
echo 40M > $house/memory.low
echo 32M > "$house/$QUIET/memory.low"

# The payer's file: whoever writes a page first is charged for it.
left=$root/dev/shm/$LEFT.tmp
( echo 0 > $spool/cgroup.procs; exec dd if=/dev/zero of="$left" bs=16k count=$((LEFT_KB / 16)) 2> /dev/null )
# The quiet one's file, and the noisy one's, of which nobody has read anything.
mkdir -p "$root/srv/$QUIET" "$root/srv/$NOISY" "$root/etc/tenants/$NOISY"
truncate -s 20M "$root/srv/$QUIET/table.db"
truncate -s 60M "$root/srv/$NOISY/archive"
cp stage/index.py $bin/index
cat > "$root/etc/tenants/$NOISY/job" <<'JOB'
#!/bin/sh
# The job of this tenant: reads its whole archive, twice, and prints what it has found there. It has to end with status 0.
JOB
echo "exec /usr/local/sbin/index /srv/$NOISY/archive" >> "$root/etc/tenants/$NOISY/job"
chmod 755 "$root/etc/tenants/$NOISY/job"

service() { # NAME WHAT-IT-IS-TOLD [CGROUP]
    mkdir -p "$sv/$1"
    cp stage/tenant.py "$bin/$1"
    {
        echo "#!/bin/sh"
        echo "# runit runs this, and runs it again whenever it ends."
        echo "exec >>/var/log/$1.log 2>&1"
        [ ! "${3:-}" ] || echo "echo \$\$ > /sys/fs/cgroup$3/cgroup.procs"
        echo "exec /usr/local/sbin/$1${2:+ $2}"
    } > "$sv/$1/run"
    chmod 755 "$sv/$1/run"
    : > "$root/var/log/$1.log"
    # /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
    ln -s "/etc/sv/$1" $root/etc/runit/runsvdir/default/
}
service "$QUIET" "map /dev/shm/$LEFT.tmp" "/house/$QUIET"
service encoderd pair /house/studio
service previewd "" /house/studio
service "$TILL" ""
# How it was bounded on the old machine.
{
    echo "# /etc/sv/$TILL/run of the old machine"
    sed "s/@SOFT@/$TILL_SOFT_MIB/; s/@LIMIT@/$TILL_MIB/; s/@MEMSW@/$((TILL_MIB + TILL_SWAP_MIB))/" stage/till.run
    echo "exec /usr/local/sbin/$TILL"
} > $root/root/till.v1

# In the learner's world, as `learner-world` would, but without six dynamic programs on the way.
(
    echo 0 > /proc/self/oom_score_adj
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid runsvdir -P /etc/service
) < /dev/null > /dev/null 2>&1 9<&- &

for name in "$QUIET" encoderd previewd "$TILL"; do
    tries=0
    until read -r said _ < "$root/var/log/$name.log" && [ "$said" = READY ]; do
        tries=$((tries + 1))
        [ $tries -lt 1800 ] || { echo "$name did not start: $(cat $root/var/log/*.log)" >&2; exit 1; }
        sleep 0.1
    done
done
: > /run/lab/staged
