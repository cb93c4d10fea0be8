# The reference answer to 05_oom: what you could have typed, task by task.

# 1. Two lines of the report say it all. The copy in /var/log stays when dmesg has moved on.
grep -E 'oom-kill:|Killed process' /var/log/kern.log
killed=$(grep -m1 'Killed process' /var/log/kern.log)
answer killed "$(echo "$killed" | sed 's/.*(\(.*\)) total-vm.*/\1/')"
answer killed_kb "$(echo "$killed" | sed 's/.*anon-rss:\([0-9]*\)kB.*/\1/')"
answer killed_in "$(grep -m1 oom-kill: /var/log/kern.log | sed 's/.*oom_memcg=\([^,]*\).*/\1/')"

# 3. In the run file, so that every ledgerd is born with it. choom writes /proc/self/oom_score_adj and becomes ledgerd.
sed -i 's,^exec /usr/local/sbin/ledgerd,exec choom -n -1000 -- /usr/local/sbin/ledgerd,' /etc/sv/ledgerd/run
sv restart ledgerd

# 4 and 5. The run file's shell enters the cgroup and becomes reportgen; its children are born in there. With a limit of
# its own reportgen runs out of memory before the machine does, and only those in the cgroup are weighed.
cat > /etc/sv/reportgen/run <<'END'
#!/bin/sh
exec >>/var/log/reportgen.log 2>&1
group=/sys/fs/cgroup/reports
mkdir -p $group
echo 60M > $group/memory.max
echo 1 > $group/memory.oom.group
echo $$ > $group/cgroup.procs
exec /usr/local/sbin/reportgen 400
END
sv restart reportgen

# 6. The kernel's rule, for the one that was killed and the one with the most memory (fields of the table: 8 is rss).
awk '
/ pages RAM$/ { all += $3 }
/ pages reserved$/ { all -= $3 }
/Total swap = / { all += substr($6, 1, length($6) - 2) / 4 }
$3 == "[" && $4 ~ /^[0-9]+]$/ {
    pid = $4 + 0; adj[pid] = $14; used[pid] = $8 + $13; tables[pid] = $12 / 4096
    if (used[pid] > used[bigger]) bigger = pid
}
/Killed process/ { killed = $8 }
function points(pid) { return used[pid] + tables[pid] + adj[pid] * int(all / 1000) }
END {
    print "report_killed", killed
    print "report_bigger", bigger
    printf "report_killed_points %d\n", points(killed)
    printf "report_bigger_points %d\n", points(bigger)
}' /root/oom-report.txt | while read -r name value; do answer "$name" "$value"; done

# 2. Last, as what was changed above may have changed the order.
scores=$(grep -s . /proc/[0-9]*/oom_score | sort -t: -k2n | tail -3)
echo "$scores"
next=$(echo "$scores" | tail -1 | cut -d/ -f3)
answer next_victim "$(cat "/proc/$next/comm")"
