# fails: test_only_reportgen_dies, test_reportgen_dies_as_a_group
# memory.high slows the job down and never ends it.
cat > /etc/sv/reportgen/run <<'END'
#!/bin/sh
mkdir -p /sys/fs/cgroup/reports
echo 60M > /sys/fs/cgroup/reports/memory.high
echo 1 > /sys/fs/cgroup/reports/memory.oom.group
echo $$ > /sys/fs/cgroup/reports/cgroup.procs
exec /usr/local/sbin/reportgen 400 >>/var/log/reportgen.log 2>&1
END
sv restart reportgen
