# fails: test_it_does_not_come_back
# The index has dentries as well. It needs them.
. /usr/local/share/ramlab/parameters.env
echo 8M > "/sys/fs/cgroup/$INDEX/memory.max"
