# fails: test_the_segment_is_spread
# The file gets a policy, its pages stay; and the next mapd makes another file.
numactl --file /dev/shm/network --length 16m --interleave=all --touch
