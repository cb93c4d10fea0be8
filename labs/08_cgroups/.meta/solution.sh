# The reference answer to 08_cgroups: what you could have typed, task by task.
. /usr/local/share/ramlab/parameters.env
cd /sys/fs/cgroup/house || exit

# 1. A tmpfs is shmem. Those above count those below, so the deepest one is who pays; the smallest limit above holds.
grep -H '^shmem ' $(find . -name memory.stat)
payer=$(grep -l '^shmem [1-9]' $(find . -path './*/*/memory.stat'))
payer=${payer%/memory.stat}
answer payer "/house/${payer#./}"
answer payer_kb $(($(sed -n 's/^shmem //p' "$payer/memory.stat") / 1024))
cat "$payer/memory.max" "$payer/../memory.max" memory.max
answer payer_limit_mib $(($(cat "$payer/../memory.max") / 1048576))

# 2 and 3. A cgroup for each, below the studio's. No process may live in the studio itself when it gives its children
# the memory controller: so both are down for a moment.
cat > /etc/sv/encoderd/run <<RUN
#!/bin/sh
exec >>/var/log/encoderd.log 2>&1
g=/sys/fs/cgroup/house/studio/encoder
mkdir -p \$g
echo ${ENCODER_MIB}M > \$g/memory.max
echo 0 > \$g/memory.swap.max
echo 1 > \$g/memory.oom.group
echo \$\$ > \$g/cgroup.procs
exec /usr/local/sbin/encoderd pair
RUN
cat > /etc/sv/previewd/run <<RUN
#!/bin/sh
exec >>/var/log/previewd.log 2>&1
g=/sys/fs/cgroup/house/studio/preview
mkdir -p \$g
echo ${PREVIEW_MIB}M > \$g/memory.high
echo 0 > \$g/memory.swap.max
echo \$\$ > \$g/cgroup.procs
exec /usr/local/sbin/previewd
RUN
sv down encoderd previewd
pkill -x encoderd # its helper
timeout 300 sh -c 'until grep -q "populated 0" studio/cgroup.events; do sleep 0.1; done'
echo +memory > studio/cgroup.subtree_control
sv up encoderd previewd

# 4. Before the job reads: what it brings in is charged to where it lives then.
sed -i "/^exec/i g=/sys/fs/cgroup/house/noisy\nmkdir -p \$g\necho ${BOUND_MIB}M > \$g/memory.max\necho \$\$ > \$g/cgroup.procs" \
    "/etc/tenants/$NOISY/job"

# 5. memory.low is as good as nothing when the machine itself runs short. memory.min holds, if those above have it too.
echo 40M > memory.min
echo 32M > "$QUIET/memory.min"

# 8. memory.max = limit, memory.swap.max = memsw - limit, memory.low = soft limit; per-group swappiness has no heir.
mib() { sed -n "s/^echo \([0-9]*\)M .*\/memory.$1\$/\1/p" /root/till.v1; }
limit=$(mib limit_in_bytes)
memsw=$(mib memsw.limit_in_bytes)
cat > "/etc/sv/$TILL/run" <<RUN
#!/bin/sh
exec >>/var/log/$TILL.log 2>&1
g=/sys/fs/cgroup/till
mkdir -p \$g
echo ${limit}M > \$g/memory.max
echo $((memsw - limit))M > \$g/memory.swap.max
echo $(mib soft_limit_in_bytes)M > \$g/memory.low
echo \$\$ > \$g/cgroup.procs
exec /usr/local/sbin/$TILL
RUN
sv restart "$TILL"

# at: old
. /usr/local/share/ramlab/parameters.env
cd /sys/fs/cgroup/memory || exit

# 6. As on any machine of those years; and in the run file, so that each printd is born in there.
mkdir "$PRINTING"
echo "${PRINTING_MIB}M" > "$PRINTING/memory.limit_in_bytes"
sed -i "/^exec \/usr/i echo \$\$ > /sys/fs/cgroup/memory/$PRINTING/tasks" /etc/sv/printd/run
sv restart printd

# 7. Who sleeps at a limit, and where: its cgroup is under_oom. It goes on as soon as there is room.
ps -eo pid,stat,wchan:24,comm | grep mem_cgroup
group=$(grep -l 'under_oom 1' */memory.oom_control)
group=${group%/*}
answer stuck "$(ps -o comm= -p "$(head -n 1 "$group/tasks")")"
echo 48M > "$group/memory.limit_in_bytes"
timeout 300 sh -c "while grep -q 'under_oom 1' $group/memory.oom_control; do sleep 0.1; done"
answer stuck_failcnt "$(cat "$group/memory.failcnt")"
