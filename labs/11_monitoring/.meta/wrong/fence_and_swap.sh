# fails: test_the_leak_is_contained
# With swap a cgroup at its limit is swapped out and not killed: the leak goes on, on the disk.
fallocate -l 128M /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon /swapfile
orders=$(awk '/takes the orders/ { print $1 }' /root/handover.txt)
cat > /tmp/fence <<'END'
group=/sys/fs/cgroup/orders
mkdir -p $group
echo 24M > $group/memory.max
echo $$ > $group/cgroup.procs
END
sed -i '/^exec >>/r /tmp/fence' "/etc/sv/$orders/run"
sv restart "$orders"
