# The quiet one moves out of the house into a cgroup at the top. The studio's services are moved without a stop, before
# their cgroups have limits. The till's bounds are a level above it.
. /usr/local/share/ramlab/parameters.env
cd /sys/fs/cgroup/house || exit

payer=$(grep -l '^shmem [1-9]' */spool/memory.stat)
answer payer "/house/${payer%/memory.stat}"
answer payer_kb "$(($(sed -n 's/^shmem //p' "$payer") >> 10)) kB"
answer payer_limit_mib $(($(cat "${payer%%/*}/memory.max") >> 20))

# The rule of no internal processes, the other way round: first out, then the controller.
mkdir studio/encoder studio/preview
for pid in $(pgrep -x encoderd); do echo "$pid" > studio/encoder/cgroup.procs; done
pgrep -x previewd > studio/preview/cgroup.procs
echo +memory > studio/cgroup.subtree_control
for group in encoder preview; do echo 0 > studio/$group/memory.swap.max; done
echo 1 > studio/encoder/memory.oom.group
echo $((ENCODER_MIB << 20)) > studio/encoder/memory.max
echo $((PREVIEW_MIB << 20)) > studio/preview/memory.high
echo 52M > studio/preview/memory.max
sed -i 's,/studio/,/studio/encoder/,' /etc/sv/encoderd/run
sed -i 's,/studio/,/studio/preview/,' /etc/sv/previewd/run
sv restart encoderd previewd

cat > "/etc/tenants/$NOISY/job" <<JOB
#!/bin/sh
echo 0 > /sys/fs/cgroup/cgroup.procs
mkdir -p /sys/fs/cgroup/house/noisy
echo $((BOUND_MIB / 2))M > /sys/fs/cgroup/house/noisy/memory.max
echo 0 > /sys/fs/cgroup/house/noisy/cgroup.procs
/usr/local/sbin/index /srv/$NOISY/archive
JOB

mkdir /sys/fs/cgroup/first
echo 48M > /sys/fs/cgroup/first/memory.min
sed -i "s,/house/$QUIET/,/first/," "/etc/sv/$QUIET/run"
sv restart "$QUIET"

bytes() { sed -n "s,^echo \([0-9]*\)M > .*/memory.$1\$,\1,p" /root/till.v1; }
cat > /usr/local/sbin/bounded <<BOUNDED
#!/bin/sh
mkdir -p /sys/fs/cgroup/bounded/till
echo +memory > /sys/fs/cgroup/bounded/cgroup.subtree_control
cd /sys/fs/cgroup/bounded
echo $(bytes limit_in_bytes)M > memory.max
echo $(($(bytes memsw.limit_in_bytes) - $(bytes limit_in_bytes)))M > memory.swap.max
echo $(bytes soft_limit_in_bytes)M > memory.low
echo $(bytes soft_limit_in_bytes)M > till/memory.low
echo 0 > till/cgroup.procs
exec "\$@"
BOUNDED
chmod 755 /usr/local/sbin/bounded
sed -i 's,^exec /usr,exec /usr/local/sbin/bounded /usr,' "/etc/sv/$TILL/run"
sv restart "$TILL"

# at: old
. /usr/local/share/ramlab/parameters.env
cat > /etc/sv/printd/run <<RUN
#!/bin/sh
exec >>/var/log/printd.log 2>&1
g=/sys/fs/cgroup/memory/$PRINTING
mkdir -p \$g
echo $((PRINTING_MIB * 1048576)) > \$g/memory.limit_in_bytes
echo \$\$ > \$g/cgroup.procs
exec /usr/local/sbin/printd
RUN
sv restart printd
cd /sys/fs/cgroup/memory || exit
group=$(grep -l 'under_oom 1' */memory.oom_control)
cd "${group%/*}" || exit
read -r pid < tasks
# First the count, then the room: it does not change any more when there is plenty.
answer stuck_failcnt "$(cat memory.failcnt)"
echo 64M > memory.limit_in_bytes
answer stuck "$(cat "/proc/$pid/comm")"
timeout 300 sh -c "while grep -q 'under_oom 1' memory.oom_control; do sleep 0.1; done"
