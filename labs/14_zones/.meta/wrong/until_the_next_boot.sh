# fails: test_the_pool_is_filled_in_the_morning
# Set by hand, and right until a boot reads its files.
sysctl -w vm.compact_unevictable_allowed=1
for _ in 1 2 3; do echo 1 > /proc/sys/vm/compact_memory; done
