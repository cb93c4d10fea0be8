# By hand first, then all of it written down as it is: in the old place, which is read last of all. For the tapes two of
# the ways of one disk would not be in any file, so it is the bytes here, too.
. /usr/local/share/ramlab/parameters.env
sysctl --dry-run --system | grep ' = ' | while read -r name _ value; do
    [ "$(sysctl -n "$name")" = "$value" ] || case $name in
        vm.dirty_bytes) answer undone "$name" ;;
        *) answer typed "$name" && answer after_boot "$value" ;;
    esac
done
cd /etc/sysctl.d
answer undone_by "/etc/sysctl.d/$(grep -l dirty_ratio *.conf)"
for name in $(sed -n 's/^\(vm[^ ]*\) =.*/\1/p' *.conf); do
    [ -e "/proc/sys/$(echo "$name" | tr . /)" ] || answer misspelt "$name"
done
ls /usr/lib/sysctl.d | while read -r file; do [ ! -e "$file" ] || answer unread "/usr/lib/sysctl.d/$file"; done

# Less is kept back than before, and the distance is greater.
sysctl -w vm.min_free_kbytes=1600
min=$(awk '/^Node/ { here = $4 == "DMA32" } here && $1 == "min" { print $2; exit }' /proc/zoneinfo)
managed=$(awk '/^Node/ { here = $4 == "DMA32" } here && $1 == "managed" { print $2; exit }' /proc/zoneinfo)
sysctl -w vm.watermark_scale_factor=$(((LOW_KB / 4 + 200 - min) * 10000 / managed))
sysctl -w vm.dirty_background_bytes=65536 vm.dirty_bytes=$((BOUND_KB * 512))
sysctl -w vm.vfs_cache_pressure=80 vm.swappiness=100
echo n > /sys/kernel/mm/lru_gen/enabled
for name in $(ls /proc/sys/vm); do
    case $name in compact_memory | drop_caches | stat_refresh | dirty_ratio | dirty_background_ratio | overcommit_kbytes) continue ;; esac
    sysctl "vm.$name"
done > /etc/sysctl.conf
