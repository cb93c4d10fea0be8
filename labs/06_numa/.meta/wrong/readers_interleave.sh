# fails: test_the_segment_is_spread
# A reader's policy concerns pages that nobody has touched yet.
numactl --interleave=all cat /dev/shm/network > /dev/null
