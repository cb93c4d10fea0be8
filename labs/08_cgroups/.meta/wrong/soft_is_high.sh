# fails: test_the_till_is_translated, test_the_stuck_one_is_freed
# By the sound of the names. And in the cellar all limits are off, so that it may never happen again.
. /usr/local/share/ramlab/parameters.env
g=/sys/fs/cgroup/till
mkdir $g
set -- $(sed -n 's/^echo \([0-9]*\)M .*/\1/p' /root/till.v1)
echo "$1M" > $g/memory.high
echo "$2M" > $g/memory.max
echo "$(($3 - $2))M" > $g/memory.swap.max
sed -i "/^exec \/usr/i echo \$\$ > $g/cgroup.procs" "/etc/sv/$TILL/run"
sv restart "$TILL"

# at: old
cd /sys/fs/cgroup/memory || exit
group=$(grep -l 'under_oom 1' */memory.oom_control)
group=${group%/*}
answer stuck "$(ps -o comm= -p "$(head -n 1 "$group/tasks")")"
echo -1 > "$group/memory.limit_in_bytes"
timeout 300 sh -c "while grep -q 'under_oom 1' $group/memory.oom_control; do sleep 0.1; done"
answer stuck_failcnt "$(cat "$group/memory.failcnt")"
