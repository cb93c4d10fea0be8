# fails: test_a_boot_gives_the_same
# /run is empty after a boot. And who believes what sysctl prints may have another sysctl.
. /usr/local/share/ramlab/parameters.env
rm /etc/sysctl.d/80-*
mkdir -p /run/sysctl.d
cat > /run/sysctl.d/99-studio.conf <<CONF
vm.watermark_scale_factor = 400
vm.dirty_bytes = $((BOUND_KB * 1024))
vm.dirty_background_bytes = $((BOUND_KB * 512))
vm.dirty_expire_centisecs = 3000
vm.vfs_cache_pressure = 100
vm.swappiness = 100
CONF
sysctl --system
