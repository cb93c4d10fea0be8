# fails: test_it_does_not_come_back
# What fits is kept.
. /usr/local/share/ramlab/parameters.env
echo 64M > "/sys/fs/cgroup/$CERTS/memory.max"
