# fails: test_a_boot_gives_the_same
# The forum's file is gone, what it has set is not: vm.dirty_expire_centisecs stays at 6000 until a boot.
. /usr/local/share/ramlab/parameters.env
rm /etc/sysctl.d/80-*
cat > /etc/sysctl.d/90-studio.conf <<CONF
vm.watermark_scale_factor = 400
vm.dirty_bytes = $((BOUND_KB * 1024))
vm.dirty_background_bytes = $((BOUND_KB * 512))
vm.vfs_cache_pressure = 100
vm.swappiness = 100
CONF
sysctl --system
