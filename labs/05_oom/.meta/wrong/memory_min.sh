# fails: test_only_reportgen_dies
# memory.min keeps ledgerd's pages from being reclaimed; it does not keep the OOM killer from choosing it.
mkdir /sys/fs/cgroup/keep
echo 100M > /sys/fs/cgroup/keep/memory.min
sed -i '2i echo $$ > /sys/fs/cgroup/keep/cgroup.procs' /etc/sv/ledgerd/run
sv restart ledgerd
