# fails: test_reportgen_dies_as_a_group
# The limit is on the one that should live.
mkdir /sys/fs/cgroup/ledger
echo 80M > /sys/fs/cgroup/ledger/memory.max
echo 1 > /sys/fs/cgroup/ledger/memory.oom.group
sed -i '2i echo $$ > /sys/fs/cgroup/ledger/cgroup.procs' /etc/sv/ledgerd/run
sv restart ledgerd
