# All of it in a file of sysctl.d, which each boot reads: what is set by hand is gone with the next one.
. /usr/local/share/ramlab/parameters.env
managed() { awk -v zone="$1" '/^Node/ { now = $4 } $1 == "managed" && now == zone { print $2 }' /proc/zoneinfo; }
protection=$(awk '/^Node/ { zone = $4 } zone == "DMA32" && $1 == "protection:" { print $5 + 0; exit }' /proc/zoneinfo)
min=$((WANTED_KB / 4 * $(managed DMA32) / ($(managed DMA) + $(managed DMA32))))
answer dma32_min $min
answer dma32_low $((min * 5 / 4))
movable=$(($(managed Movable) / 1024))
answer movable_min $((movable < 32 ? 32 : movable))
answer stops_at $((min + protection))
while read -r side pid address; do
    frame=$(workload frame "$pid" "$address" | cut -d' ' -f3)
    answer "$side" "$(awk -v f="$frame" '/^Node/ { z = $4 } $1 == "spanned" { s = $2 } $1 == "start_pfn:" && f >= $2 && f < $2 + s { print z }' /proc/zoneinfo)"
done < "/run/$LENS.buffers"
answer empty Normal
pid=$(pgrep -xo "$RING")
answer in_the_way "$RING"
answer locked_kb "$(awk '/^Locked:/ { kb += $2 } END { print kb }' "/proc/$pid/smaps")"
answer setting vm/compact_unevictable_allowed

sysctl -w vm.compact_unevictable_allowed=1
for _ in 1 2 3; do echo 1 > /proc/sys/vm/compact_memory; done
cat > /etc/sysctl.d/80-scanner.conf <<END
vm.compact_unevictable_allowed = 1
vm.min_free_kbytes = $WANTED_KB
vm.watermark_scale_factor = $((GAP * 10000 / $(managed DMA32) + 1))
END
sysctl -q --system
echo 1 > /proc/sys/vm/compact_memory
# at: highmem
kb() { grep "$1" /proc/meminfo | tr -dc 0-9; }
workload release pilotd
high=$(kb HighFree) low=$(kb LowFree)
workload hold pilotd
answer high_fell $((high - $(kb HighFree)))
answer low_fell $((low - $(kb LowFree)))
# 8. All hold; the one after the other gives back.
names="ferryd quayd craned tided buoyd"
for name in $names; do workload hold $name; done
sum=0 what=low_other
for name in $names; do
    low=$(kb LowFree)
    workload release $name
    rose=$(($(kb LowFree) - low))
    [ $rose -gt 6000 ] || continue
    answer $what $name
    what=low_one
    sum=$((sum + rose))
done
answer low_kb $sum
