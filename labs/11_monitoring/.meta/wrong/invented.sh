# fails: test_the_leak_is_found, test_the_group_is_priced, test_the_hidden_memory_is_found
# Nobody looked anywhere.
answer leaker java
answer leak_mb_per_min 10
answer pictures_kb 200000
answer worker_kb 40000
answer hidden_in /tmp
answer hidden_by kswapd0
