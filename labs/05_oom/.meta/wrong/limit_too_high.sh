# fails: test_reportgen_dies_as_a_group
# The machine runs out before the cgroup does.
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd
cat > /etc/sv/reportgen/run <<'END'
#!/bin/sh
mkdir -p /sys/fs/cgroup/reports
echo 1G > /sys/fs/cgroup/reports/memory.max
echo 1 > /sys/fs/cgroup/reports/memory.oom.group
echo $$ > /sys/fs/cgroup/reports/cgroup.procs
exec /usr/local/sbin/reportgen 400 >>/var/log/reportgen.log 2>&1
END
sv restart reportgen
