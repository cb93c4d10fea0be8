# fails: test_reportgen_dies_as_a_group
# All are inside, until the supervisor starts the next ones.
mkdir /sys/fs/cgroup/reports
echo 60M > /sys/fs/cgroup/reports/memory.max
echo 1 > /sys/fs/cgroup/reports/memory.oom.group
for pid in $(pgrep -x reportgen); do echo "$pid" > /sys/fs/cgroup/reports/cgroup.procs; done
