# The daemon writes its own score, as sshd does. The limit is on a cgroup above the one that the job lives in.
sed -i '/comm.write/a with open("/proc/self/oom_score_adj", "w") as own:\n    own.write("-1000")' /usr/local/sbin/ledgerd
sv restart ledgerd

cd /sys/fs/cgroup
mkdir -p reports/nightly
echo 48M > reports/memory.max
echo +memory > reports/cgroup.subtree_control
echo 1 > reports/memory.oom.group
sed -i '2i echo $$ > /sys/fs/cgroup/reports/nightly/cgroup.procs' /etc/sv/reportgen/run
sv restart reportgen

# What was found out: tasks 1 and 6, in few words.
set -- $(sed -n 's/.*oom_memcg=\([^,]*\),.*/\1/p; s/.*process [0-9]* (\(.*\)) total.*anon-rss:\([0-9]*\)kB.*/\1 \2/p' /var/log/kern.log)
answer killed_in "$1"; answer killed "$2"; answer killed_kb "$3"
set -- $(awk '/ RAM$/ { a += $3 } / reserved$/ { a -= $3 } /Total swap/ { a += $6 / 4 } /Killed process/ { k = $8 }
    $3 == "[" && $4 + 0 { p = $4 + 0; u[p] = $8 + $13; v[p] = u[p] + $12 / 4096 + $14 * a / 1000; if (u[p] > u[b]) b = p }
    END { printf "%d %d %.0f %.0f", k, b, v[k], v[b] }' /root/oom-report.txt)
answer report_killed "$1"; answer report_bigger "$2"; answer report_killed_points "$3"; answer report_bigger_points "$4"
# Task 2, as it is now.
next=$(grep -s . /proc/[0-9]*/oom_score | sort -t: -k2n | tail -1 | cut -d/ -f3)
answer next_victim "$(cat "/proc/$next/comm")"
