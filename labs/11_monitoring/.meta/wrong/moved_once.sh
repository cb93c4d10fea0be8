# fails: test_the_leak_is_contained
# The one that runs now is inside; the next one will not be.
orders=$(awk '/takes the orders/ { print $1 }' /root/handover.txt)
mkdir /sys/fs/cgroup/orders
echo 24M > /sys/fs/cgroup/orders/memory.max
cat "/etc/sv/$orders/supervise/pid" > /sys/fs/cgroup/orders/cgroup.procs
