# fails: test_the_memory_is_given_back, test_it_does_not_come_back, test_the_index_survives_the_night
# It decides who goes first when memory is wanted. As long as nobody wants any, it decides nothing.
echo 'vm.vfs_cache_pressure = 100000' > /etc/sysctl.d/60-slab.conf
sysctl --system
