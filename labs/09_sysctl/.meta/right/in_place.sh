# Each file is corrected where the mistake is, names with slashes and a dash among them. The typed value is the right one,
# and goes into the house's file.
. /usr/local/share/ramlab/parameters.env
cd /etc/sysctl.d
answer misspelt "$(sed -n 's/^vm\.\(vfs[^ ]*\).*/vm\/\1/p' 30-catalogue.conf)"
for file in *.conf; do [ ! -e "/lib/sysctl.d/$file" ] || answer unread "/lib/sysctl.d/$file"; done
forum=$(grep -l vm.swappiness ./*.conf)
answer undone dirty_bytes
answer undone_by "${forum#./}"
while read -r name _ value; do
    now=$(sysctl -n "$name")
    if [ "$now" != "$value" ]; then
        answer typed "$name"
        answer after_boot "$value"
        sed -i "s/^$name = .*/$name = $now/" 10-house.conf
    fi
done <<HOUSE
$(grep -v '^#' 10-house.conf)
HOUSE

echo "vm.vfs_cache_pressure = 50" > 30-catalogue.conf
min=$(awk '/^Node/ { here = $4 == "DMA32" } here && $1 == "min" { print $2; exit }' /proc/zoneinfo)
managed=$(awk '/^Node/ { here = $4 == "DMA32" } here && $1 == "managed" { print $2; exit }' /proc/zoneinfo)
cat > "$forum" <<CONF
; no longer the forum's
-vm/swappiness = 200
vm/dirty_background_ratio = 10
vm/dirty_bytes=$((BOUND_KB * 1000))
vm.watermark_scale_factor  =  $(((LOW_KB / 4 + 60 - min) * 10000 / managed))
CONF
sed -i '/dirty/d' 20-*.conf
sysctl -q --system
sysctl -w vm.dirty_expire_centisecs=3000
echo 0x0006 > /sys/kernel/mm/lru_gen/enabled
