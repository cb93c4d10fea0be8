# fails: test_the_index_survives_the_night, test_the_memory_is_given_back
# Then nothing of it is ever reclaimed, not even when asked for.
echo 'vm.vfs_cache_pressure = 0' > /etc/sysctl.d/60-slab.conf
sysctl --system
echo 2 > /proc/sys/vm/drop_caches
