# fails: test_the_quiet_one_keeps_its_memory, test_the_noisy_one_is_bounded
# What the house does not have it cannot pass on. And a limit below what the job itself needs kills it.
. /usr/local/share/ramlab/parameters.env
echo 32M > "/sys/fs/cgroup/house/$QUIET/memory.min"
mkdir /sys/fs/cgroup/house/noisy
echo 1M > /sys/fs/cgroup/house/noisy/memory.max
echo 0 > /sys/fs/cgroup/house/noisy/memory.swap.max
sed -i '/^exec/i echo $$ > /sys/fs/cgroup/house/noisy/cgroup.procs' "/etc/tenants/$NOISY/job"
