# Sets the stage: the shop's slow disk with its files, two services under runit, two programs that others start, and
# what somebody left in the page cache.
set -eu
root=/proc/1/root
[ ! -S $root/run/shopd.sock ] || exit 0 # staged already
# In the learner's world, as `learner-world` would, but without six dynamic programs on the way.
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

export MKE2FS_CONFIG=/run/lab/stage/mke2fs.conf # the real one: busybox has a mke2fs as well
/usr/sbin/mke2fs -q -t ext4 -T shop -J size=8 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -N 256 /dev/vdc
mkdir -p $root/srv/shop $root/var/backups/shop $root/etc/nightly $root/etc/tills
nsenter -t 1 -m mount -o noatime /dev/vdc /srv/shop
shop=$root/srv/shop
mkdir $shop/archive
mv $shop/part0 $shop/hot.db
mv $shop/part1 $shop/stock.db
mv $shop/part2 $shop/index.db
for number in 3 4 5 6 7 8; do mv $shop/part$number $shop/archive/202$((number - 2)).tar; done
truncate -s "${HOT_MIB}M" $shop/hot.db
chmod 644 $shop/*.db $shop/archive/*

# The tills' disk is older still. It has an ordinary file system.
unset MKE2FS_CONFIG
/usr/sbin/mke2fs -q -t ext4 -J size=4 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -N 64 /dev/vdd
mkdir -p $root/srv/tills
nsenter -t 1 -m mount -o noatime /dev/vdd /srv/tills

cp stage/backup $root/etc/nightly/backup
cp stage/record $root/etc/tills/record
sv=$root/etc/sv
mkdir -p $sv/shopd "$sv/$KEEPER"
cp stage/shopd.py $root/usr/local/sbin/shopd
ln -sf /usr/bin/vmtouch "$root/usr/local/sbin/$KEEPER"
cat > $sv/shopd/run <<END
#!/bin/sh
# runit runs this, and runs it again whenever it ends.
exec >>/var/log/shopd.log 2>&1
exec /usr/local/sbin/shopd /srv/shop/hot.db
END
first=$((KEPT_PAGE * 4096))
cat > "$sv/$KEEPER/run" <<END
#!/bin/sh
exec >>/var/log/$KEEPER.log 2>&1
exec /usr/local/sbin/$KEEPER -q -l -p $first-$((first + KEPT_MIB * 1048576)) /srv/shop/stock.db
END
chmod 755 $sv/*/run
# /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
ln -s /etc/sv/shopd "/etc/sv/$KEEPER" $root/etc/runit/runsvdir/default/
(
    echo 0 > /proc/self/oom_score_adj
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid runsvdir -P /etc/service
) </dev/null >/dev/null 2>&1 9<&- &

# What somebody has read, and what somebody has left.
dd if=$shop/stock.db of=/dev/null bs=4k skip="$SEEN_PAGE" count="$SEEN_PAGES" 2>/dev/null
dd if=$shop/index.db of=/dev/null bs=64k count=10 2>/dev/null
dd if=/dev/zero of="$root/dev/shm/$LEFT.tmp" bs=1k count="$LEFT_KB" 2>/dev/null

# Until shopd listens and the keeper has locked what it keeps.
tries=0
until [ -S $root/run/shopd.sock ] && ! grep -q '^Mlocked: *0 kB' /proc/meminfo; do
    tries=$((tries + 1))
    [ $tries -lt 900 ] || { echo "the services did not start: $(cat $root/var/log/*.log)" >&2; exit 1; }
    sleep 0.2
done
