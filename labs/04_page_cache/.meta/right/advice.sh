# posix_fadvise in three places: "random" before the read, "not needed" behind the backup; and a program that waits for
# the disk after each piece.
. /usr/local/share/ramlab/parameters.env
xfs_io -r -c 'fadvise -d 0 12m' -c 'fadvise -r' \
    -c "pread -q -b 4k $((RANGE_PAGE * 4096)) $((RANGE_PAGES * 4096))" /srv/shop/index.db

sed -i 's,^exec cp,exec nocache -f cp,' /etc/nightly/backup
sed -i 's,^exec cat.*,exec dd of=/srv/tills/journal bs=512k iflag=fullblock oflag=dsync status=none,' /etc/tills/record

answer locked_by "$(ps -eo comm,stat | awk '$2 ~ /L/ && $2 !~ /</ { print $1 }')"
answer locked_kb "$(awk '/^Mlocked/ { print $2 }' /proc/meminfo)"
answer on_no_disk "$(ls -S /dev/shm/* | head -n 1)"
answer resident "$(fincore -n -r -o PAGES /srv/shop/stock.db)"
