# fails: test_kswapd_begins_early
# All three watermarks go up, min among them: that memory is gone for everybody.
. /usr/local/share/ramlab/parameters.env
sysctl -w vm.watermark_scale_factor=10
min=$(awk '/^Node/ { here = $4 == "DMA32" } here && $1 == "min" { print $2; exit }' /proc/zoneinfo)
sysctl -w vm.min_free_kbytes=$(($(sysctl -n vm.min_free_kbytes) * (LOW_KB / 4 + 128) * 4 / 5 / min))
grep -A 12 'zone *DMA32' /proc/zoneinfo
