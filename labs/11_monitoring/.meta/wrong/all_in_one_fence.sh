# fails: test_the_leak_is_contained
# One limit around the whole shop: when it is hit, the biggest goes, and that is the catalogue.
mkdir /sys/fs/cgroup/shop
for pid in $(pgrep -f '^runsv|/usr/local/sbin/'); do echo "$pid" > /sys/fs/cgroup/shop/cgroup.procs; done
echo 24M > /sys/fs/cgroup/shop/memory.max
sv restart $(awk '/takes the orders/ { print $1 }' /root/handover.txt)
