# fails: test_reportgen_dies_as_a_group
# The children were born outside, and it is they who leak.
mkdir /sys/fs/cgroup/reports
echo 60M > /sys/fs/cgroup/reports/memory.max
echo 1 > /sys/fs/cgroup/reports/memory.oom.group
cat /run/reportgen.pid > /sys/fs/cgroup/reports/cgroup.procs
