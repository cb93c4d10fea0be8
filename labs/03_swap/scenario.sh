# Sets the stage: an old disk that is the only swap, the services of an archive, idle in it, and tight memory.
set -eu
root=/proc/1/root
[ ! -s /run/lab/household ] || exit 0 # staged already
/usr/sbin/mkswap -q -L old /dev/vdd
/usr/sbin/swapon -p 5 /dev/vdd
cat > $root/etc/fstab <<END
# what     where  type  options  dump  check
/dev/vda   /      ext4  defaults 0     1
/dev/vdd   none   swap  sw,pri=5 0     0
END
cp stage/household.py $root/usr/local/sbin/household
truncate -s 256M "$root/dev/shm/$SERVICE_3-$((VOLUME + 1))"
head -c 1000000 /dev/urandom > "$root/dev/shm/$SERVICE_3-$((VOLUME + 2))"
# In the learner's world, as `learner-world` would, but without six dynamic programs on the way.
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
nsenter -t 1 -m --wd=/ env -i PATH=$path HOME=/root LANG=C.UTF-8 \
    /usr/local/sbin/household "$SERVICE_1" "$SERVICE_2" "$SERVICE_3" "/dev/shm/$SERVICE_3-$VOLUME" > /run/lab/staged 9<&-
mv /run/lab/staged /run/lab/household
