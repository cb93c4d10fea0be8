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

answer locked_by "$KEEPER"
answer locked_kb "$((KEPT_MIB * 1024))"
answer on_no_disk "/dev/shm/$LEFT.tmp"
answer resident "$(fincore -n -r -o PAGES /srv/shop/stock.db)"
