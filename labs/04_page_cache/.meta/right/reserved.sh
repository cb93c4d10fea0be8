# memory.min: what shopd has brought in counts to its cgroup, and up to there nobody else gets it. And a file system that
# waits for its disk with each write.
. /usr/local/share/ramlab/parameters.env
cat > /etc/sv/shopd/run <<'END'
#!/bin/sh
exec >>/var/log/shopd.log 2>&1
mkdir -p /sys/fs/cgroup/shop
echo 48M > /sys/fs/cgroup/shop/memory.min
echo $$ > /sys/fs/cgroup/shop/cgroup.procs
exec /usr/local/sbin/shopd /srv/shop/hot.db
END
sv restart shopd
mount -o remount,sync /srv/tills

vmtouch -q -t -p $((RANGE_PAGE * 4096))-$(((RANGE_PAGE + RANGE_PAGES) * 4096)) /srv/shop/index.db
xfs_io -r -c "fadvise -d 0 $((RANGE_PAGE * 4096))" -c "fadvise -d $(((RANGE_PAGE + RANGE_PAGES) * 4096)) 100m" /srv/shop/index.db

locked=$(grep VmLck /proc/[0-9]*/status | grep -v ' 0 kB')
pid=$(echo "$locked" | cut -d/ -f3)
answer locked_by "$(cat "/proc/$pid/comm")"
answer locked_kb "$(echo "$locked" | tr -s '[:blank:]' ' ' | cut -d' ' -f2)"
answer on_no_disk "$(find /dev/shm -xdev -type f -size +1M)"
answer resident "$(fincore -n -r -o PAGES /srv/shop/stock.db)"
