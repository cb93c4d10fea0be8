# fails: test_a_boot_gives_the_same
# A name that sorts before the forum's: its ratio undoes the bytes, and its other lines have the last word.
. /usr/local/share/ramlab/parameters.env
cat > /etc/sysctl.d/70-studio.conf <<CONF
vm.watermark_scale_factor = 400
vm.dirty_bytes = $((BOUND_KB * 1024))
vm.vfs_cache_pressure = 100
vm.swappiness = 100
CONF
sysctl --system
sysctl -p /etc/sysctl.d/70-studio.conf
