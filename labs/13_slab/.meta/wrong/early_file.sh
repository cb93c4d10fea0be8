# fails: test_the_index_survives_the_night
# Files are read in the order of their names, and the colleague's comes later.
echo 'vm.vfs_cache_pressure = 50' > /etc/sysctl.d/10-mine.conf
sysctl --system
