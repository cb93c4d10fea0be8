# fails: test_the_memory_is_whole_again
# Free memory is not what is missing.
sync
echo 3 > /proc/sys/vm/drop_caches
sysctl -w vm.compaction_proactiveness=100
echo 1 > /proc/sys/vm/compact_memory
