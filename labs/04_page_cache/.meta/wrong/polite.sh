# fails: test_the_hot_file_survives_the_night, test_little_is_only_in_memory
# Priorities and the sysctls that everybody has heard of. None of them is about whose pages go first, nor about how many
# may be dirty.
sed -i 's,^exec cp,exec nice -n 19 ionice -c 3 cp,' /etc/nightly/backup
sysctl -w vm.swappiness=0 vm.vfs_cache_pressure=1
sysctl -w vm.dirty_expire_centisecs=1000 vm.dirty_writeback_centisecs=1000
