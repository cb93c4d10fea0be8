# fails: test_the_memory_is_whole_again, test_the_pool_is_filled_in_the_morning
# Again and again. What may not be moved is not moved the tenth time either.
for _ in 1 2 3 4 5; do echo 1 > /proc/sys/vm/compact_memory; done
