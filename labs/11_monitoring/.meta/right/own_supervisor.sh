# The run file stays a shell that starts the leaker again itself, and the clicks go to the disk, whose cache can be given up.
orders=$(awk '/takes the orders/ { print $1 }' /root/handover.txt)
clicks=$(awk '/customers click/ { print $1 }' /root/handover.txt)
pictures=$(awk '/the pictures:/ { print $1 }' /root/handover.txt)
pidstat -r -C "$orders" 10 1 | awk '/Average/ && $4 + 0 > 0 { print $4 * 60 / 256 }' > /tmp/rate
answer leaker "$orders"
answer leak_mb_per_min "$(cat /tmp/rate)"
mkdir -p /sys/fs/cgroup/shop/orders
echo +memory > /sys/fs/cgroup/shop/cgroup.subtree_control
echo 20M > /sys/fs/cgroup/shop/orders/memory.max
program=$(sed -n 's/^exec \(.usr.*\)/\1/p' "/etc/sv/$orders/run")
cat > "/etc/sv/$orders/run" <<END
#!/bin/sh
trap 'kill \$child; exit' TERM
while :; do
    sh -c 'echo \$\$ > /sys/fs/cgroup/shop/orders/cgroup.procs; exec $program' &
    child=\$!
    wait
done >>/var/log/$orders.log 2>&1
END
sv restart "$orders"

answer pictures_kb "$(ps -C "$pictures" -o pss= | awk '{ s += $1 } END { print s }')"
answer worker_kb "$(ps -C "$pictures" -o pid=,uss= | tail -n 1 | awk '{ print $2 }')"
place=$(sed -n 's,^mkdir -p ,,p' "/etc/sv/$clicks/run")
answer hidden_in "$place"
answer hidden_by "$clicks"
sv stop "$clicks"
umount "$place"
sed -i '/mount -t tmpfs/d' "/etc/sv/$clicks/run"
sv start "$clicks"
