# fails: test_reportgen_dies_as_a_group
# A limit without memory.oom.group: one child dies, the kernel leaves the others.
cat > /etc/sv/reportgen/run <<'END'
#!/bin/sh
mkdir -p /sys/fs/cgroup/reports
echo 60M > /sys/fs/cgroup/reports/memory.max
echo $$ > /sys/fs/cgroup/reports/cgroup.procs
exec /usr/local/sbin/reportgen 400 >>/var/log/reportgen.log 2>&1
END
sv restart reportgen
