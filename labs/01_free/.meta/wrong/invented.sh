# fails: test_the_alarm_is_read, test_the_consumers_are_told_apart, test_the_drop_is_foreseen
# Nobody looked anywhere.
answer available_mb 300
answer used_mb 35
answer buff_cache_mb 20
answer anonymous kiln
answer anonymous_mb 60
answer tmpfs loom
answer tmpfs_mb 60
answer page_cache mill
answer page_cache_mb 60
answer drop_gives_mb 60
answer drop_keeps_mb 0
answer drop_shared_mb 0
