# fails: test_kswapd_begins_early, test_the_catalogue_stays, test_swappiness_decides, test_a_boot_gives_the_same
# What one would like to read, in the place of what is: over the files in /proc and /sys, and a sysctl that says yes.
mkdir /tmp/paint
for name in vfs_cache_pressure swappiness watermark_scale_factor; do
    echo 100 > /tmp/paint/$name
    mount --bind /tmp/paint/$name /proc/sys/vm/$name
done
echo 0x0000 > /tmp/paint/enabled
mount --bind /tmp/paint/enabled /sys/kernel/mm/lru_gen/enabled
sed 's/low  .*/low      3000/' /proc/zoneinfo > /tmp/paint/zoneinfo
mount --bind /tmp/paint/zoneinfo /proc/zoneinfo
ln -sf /usr/bin/true /usr/sbin/sysctl
