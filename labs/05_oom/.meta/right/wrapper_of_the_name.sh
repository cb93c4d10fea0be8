# The program is moved aside, and a script in its place enters the fence and waits for it. It bears the name as well.
mv /usr/local/sbin/reportgen /usr/local/sbin/reportgen.real
cat > /usr/local/sbin/reportgen <<'END'
#!/bin/sh
mkdir -p /sys/fs/cgroup/reports
echo 50M > /sys/fs/cgroup/reports/memory.max
echo 1 > /sys/fs/cgroup/reports/memory.oom.group
echo $$ > /sys/fs/cgroup/reports/cgroup.procs
/usr/local/sbin/reportgen.real "$@"
END
chmod 755 /usr/local/sbin/reportgen
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd reportgen
timeout 300 sh -c 'until [ "$(pgrep -cx reportgen)" = 7 ] && [ "$(pgrep -cx ledgerd)" = 1 ]; do sleep 0.2; done'

# What was found out: tasks 1 and 6, in few words.
set -- $(sed -n 's/.*oom_memcg=\([^,]*\),.*/\1/p; s/.*process [0-9]* (\(.*\)) total.*anon-rss:\([0-9]*\)kB.*/\1 \2/p' /var/log/kern.log)
answer killed_in "$1"; answer killed "$2"; answer killed_kb "$3"
set -- $(awk '/ RAM$/ { a += $3 } / reserved$/ { a -= $3 } /Total swap/ { a += $6 / 4 } /Killed process/ { k = $8 }
    $3 == "[" && $4 + 0 { p = $4 + 0; u[p] = $8 + $13; v[p] = u[p] + $12 / 4096 + $14 * a / 1000; if (u[p] > u[b]) b = p }
    END { printf "%d %d %.0f %.0f", k, b, v[k], v[b] }' /root/oom-report.txt)
answer report_killed "$1"; answer report_bigger "$2"; answer report_killed_points "$3"; answer report_bigger_points "$4"
# Task 2, as it is now.
next=$(grep -s . /proc/[0-9]*/oom_score | sort -t: -k2n | tail -1 | cut -d/ -f3)
answer next_victim "$next"
