# fails: test_the_pool_is_filled_in_the_morning
# A file that is read before the one that says otherwise.
echo 'vm.compact_unevictable_allowed = 1' > /etc/sysctl.d/60-compaction.conf
sysctl -q --system
