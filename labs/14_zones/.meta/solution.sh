# The reference answer to 14_zones: what you could have typed, task by task.
. /usr/local/share/ramlab/parameters.env

# 1. A page frame is in the zone whose range it is in.
zone_of() { # FRAME
    awk -v frame="$1" '/^Node/ { zone = $4 } $1 == "spanned" { spanned = $2 }
        $1 == "start_pfn:" && frame >= $2 && frame < $2 + spanned { print zone }' /proc/zoneinfo
}
managed() { awk -v zone="$1" '/^Node/ { now = $4 } $1 == "managed" && now == zone { print $2 }' /proc/zoneinfo; }
while read -r side pid address; do
    frame=$(workload frame "$pid" "$address")
    answer "$side" "$(zone_of "${frame##* }")"
done < "/run/$LENS.buffers"
answer empty "$(awk '/^Node/ { zone = $4 } $1 == "managed" && $2 == 0 { print zone; exit }' /proc/zoneinfo)"

# 2. The kernel's rule, before the change is made: lowmem is DMA and DMA32 here.
min=$((WANTED_KB / 4 * $(managed DMA32) / ($(managed DMA) + $(managed DMA32))))
distance=$((min / 4))
[ $distance -ge $(($(managed DMA32) / 1000)) ] || distance=$(($(managed DMA32) / 1000))
answer dma32_min $min
answer dma32_low $((min + distance))
movable=$(($(managed Movable) / 1024))
[ $movable -ge 32 ] || movable=32
answer movable_min $movable
# DMA32's protection against a request that could be served from Movable: the fourth of (DMA, DMA32, Normal, Movable, Device).
kept=$(awk '/^Node/ { zone = $4 } $1 == "protection:" && zone == "DMA32" { gsub(/[(),]/, " "); print $5 }' /proc/zoneinfo)
answer stops_at $((min + kept))

# 3. The change, and the head start for kswapd.
sysctl -w vm.min_free_kbytes="$WANTED_KB"
sysctl -w vm.watermark_scale_factor=$((GAP * 10000 / $(managed DMA32) + 1))

# 4. VmLck counts addresses; Locked in smaps counts what is in RAM.
pid=$(pgrep -xo "$RING")
answer in_the_way "$RING"
answer locked_kb "$(awk '/^Locked:/ { kb += $2 } END { print kb }' "/proc/$pid/smaps")"
answer setting vm.compact_unevictable_allowed

# 6, before 5, as a boot would: a file that is read later wins.
echo 'vm.compact_unevictable_allowed = 1' > /etc/sysctl.d/99-compaction.conf
sysctl -q --system
# --system sets all that files say; what is in no file stays as it was set above.

# 5.
echo 1 > /proc/sys/vm/compact_memory
cat /proc/buddyinfo

# at: highmem
# 7. What falls when pilotd takes its memory?
free_kb() { awk -v name="$1Free:" '$1 == name { print $2 }' /proc/meminfo; }
workload release pilotd
high=$(free_kb High)
low=$(free_kb Low)
workload hold pilotd
answer high_fell $((high - $(free_kb High)))
answer low_fell $((low - $(free_kb Low)))

# 8. The same for each kind: whoever moves LowFree by some MB holds memory that is low.
sum=0
which=low_one
for name in ferryd quayd craned tided buoyd; do
    workload release $name
    before=$(free_kb Low)
    workload hold $name
    fell=$((before - $(free_kb Low)))
    if [ $fell -gt 6000 ]; then
        answer $which $name
        which=low_other
        sum=$((sum + fell))
    fi
done
answer low_kb $sum
