# fails: test_the_leak_is_contained
# A limit, but one above its bound.
orders=$(awk '/takes the orders/ { print $1 }' /root/handover.txt)
cat > /tmp/fence <<'END'
group=/sys/fs/cgroup/orders
mkdir -p $group
echo 100M > $group/memory.max
echo $$ > $group/cgroup.procs
END
sed -i '/^exec >>/r /tmp/fence' "/etc/sv/$orders/run"
sv restart "$orders"
