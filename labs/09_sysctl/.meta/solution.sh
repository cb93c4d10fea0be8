# The reference answer to 09_sysctl: what you could have typed, task by task.
. /usr/local/share/ramlab/parameters.env

# 1 and 2, before anything is applied. What the files would set, and what is set otherwise now: two names. One is undone
# by its other name, one was only typed.
sysctl --dry-run --system
sysctl --dry-run --system | grep ' = ' | while read -r name _ value; do
    [ "$(sysctl -n "$name")" = "$value" ] || echo "$name" "$value"
done | tee /tmp/differ
answer undone vm.dirty_bytes
answer undone_by "$(grep -l '^vm.dirty_ratio' /etc/sysctl.d/*.conf)"
read -r name value <<OUT
$(grep -v dirty /tmp/differ)
OUT
answer typed "$name"
answer after_boot "$value"
# A name that the kernel lacks: -p complains of it. A file of which there are two is read once.
for file in /etc/sysctl.d/*.conf; do sysctl --dry-run -p "$file"; done 2>&1 | grep 'cannot stat' | tee /tmp/misspelt
answer misspelt "vm.$(sed 's,.*/vm/\([a-z_]*\):.*,\1,' /tmp/misspelt)"
for file in /usr/lib/sysctl.d/*.conf; do
    [ ! -e "/etc/sysctl.d/${file##*/}" ] || answer unread "$file"
done

# 3. low is min and a distance of so many 10000ths of what the zone manages; all in pages of 4 kB.
zone() { awk -v what="$1" '/^Node/ { here = $4 == "DMA32" } here && $1 == what { print $2; exit }' /proc/zoneinfo; }
factor=$(((LOW_KB / 4 + 128 - $(zone min)) * 10000 / $(zone managed)))

# 4 to 7, at once in a file that has the last word. What the forum has set stays set until it is set otherwise, although
# its file goes: so each of its names is written down here.
rm /etc/sysctl.d/20-* /etc/sysctl.d/30-* /etc/sysctl.d/80-*
cat > /etc/sysctl.d/90-studio.conf <<CONF
vm.watermark_scale_factor = $factor
# What may wait for the slow disk; the writer is held back there. At half of it the kernel begins to write.
vm.dirty_bytes = $((BOUND_KB * 1024))
vm.dirty_background_bytes = $((BOUND_KB * 512))
vm.dirty_expire_centisecs = 3000
vm.vfs_cache_pressure = 100
# Swap is faster here than the disks with the files. Decides nothing while MGLRU is on.
vm.swappiness = 150
CONF
sysctl --system

# 6. No sysctl, so no file in sysctl.d keeps it.
cat /sys/kernel/mm/lru_gen/enabled
echo n > /sys/kernel/mm/lru_gen/enabled
workload boot
