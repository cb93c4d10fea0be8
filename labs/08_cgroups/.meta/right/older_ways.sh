# MGLRU off, and memory.low does what it says. The limits are on other levels; programs enter their cgroups by cgexec.
. /usr/local/share/ramlab/parameters.env
cd /sys/fs/cgroup/house || exit
echo 0 > /sys/kernel/mm/lru_gen/enabled

payer=$(find . -path './*/spool')
answer payer "house/${payer#./}/"
answer payer_kb $(($(sed -n 's/^shmem //p' "$payer/memory.stat") / 1024))
answer payer_limit_mib $(($(cat "$payer/../memory.max") / 1048576))

# All of the studio, without swap; the encoder's limit is a level above the cgroup that it lives in.
sv down encoderd previewd
pkill -x encoderd
timeout 300 sh -c 'until grep -q "populated 0" studio/cgroup.events; do sleep 0.1; done'
echo 0 > studio/memory.swap.max
echo +memory > studio/cgroup.subtree_control
mkdir -p studio/limited/encoder studio/preview
echo +memory > studio/limited/cgroup.subtree_control
echo "${ENCODER_MIB}M" > studio/limited/memory.max
echo 1 > studio/limited/memory.oom.group
echo "${PREVIEW_MIB}M" > studio/preview/memory.high
sed -i 's,/house/studio/,/house/studio/limited/encoder/,' /etc/sv/encoderd/run
sed -i 's,/house/studio/,/house/studio/preview/,' /etc/sv/previewd/run
sv up encoderd previewd

cgcreate -g memory:house/noisy
cgset -r "memory.high=${BOUND_MIB}M" house/noisy
sed -i 's,^exec ,exec cgexec -g memory:house/noisy ,' "/etc/tenants/$NOISY/job"

# In the house, which has enough of memory.low to pass on.
set -- $(sed -n 's/^echo \([0-9]*\)M .*/\1/p' /root/till.v1)
mkdir till
echo "$1M" > till/memory.low
echo "$2M" > till/memory.max
echo "$(($3 - $2))M" > till/memory.swap.max
sed -i '/^exec \/usr/i echo $$ > /sys/fs/cgroup/house/till/cgroup.procs' "/etc/sv/$TILL/run"
sv restart "$TILL"

# at: old
. /usr/local/share/ramlab/parameters.env
cgcreate -g "memory:$PRINTING"
cgset -r "memory.limit_in_bytes=${PRINTING_MIB}M" "$PRINTING"
sed -i "s,^exec /usr,exec cgexec -g memory:$PRINTING /usr," /etc/sv/printd/run
sv restart printd

pid=$(ps -eo pid,wchan:24 | awk '/mem_cgroup_oom/ { print $1 }')
cd "/sys/fs/cgroup/memory$(sed -n 's/.*:memory://p' "/proc/$pid/cgroup")" || exit
answer stuck "$(cat "/proc/$pid/comm")"
echo 32M > memory.limit_in_bytes
timeout 300 sh -c "while grep -q 'under_oom 1' memory.oom_control; do sleep 0.1; done"
answer stuck_failcnt "$(cat memory.failcnt)"
