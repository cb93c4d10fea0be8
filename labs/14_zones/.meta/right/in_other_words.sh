# By hand and in another order: the setting in its own file, pages looked up with dd, the distance tried out.
. /usr/local/share/ramlab/parameters.env
sed -i 's/= 0/= 1/' /etc/sysctl.d/70-low-latency.conf
sysctl -w vm.compact_unevictable_allowed=1 vm.min_free_kbytes="$WANTED_KB"
mark() { awk -v mark="$1" '/^Node/ { zone = $4 } zone == "DMA32" && $1 == mark { print $2; exit }' /proc/zoneinfo; }
# 2. After the change the kernel says it itself; what it keeps for others is in the line `protection`.
answer dma32_min "$(mark min)"
answer dma32_low "$(mark low) pages"
answer movable_min "$(awk '/^Node/ { zone = $4 } zone == "Movable" && $1 == "min" { print $2; exit }' /proc/zoneinfo)"
protection=$(awk '/^Node/ { zone = $4 } zone == "DMA32" && $1 == "protection:" { print $5 + 0; exit }' /proc/zoneinfo)
answer stops_at $(($(mark min) + protection))
factor=10
while [ $(($(mark low) - $(mark min))) -lt "$GAP" ]; do
    factor=$((factor + 5))
    echo $factor > /proc/sys/vm/watermark_scale_factor
done
# 1. pagemap has 8 bytes for each page; the lowest 55 bits are the frame, and of these 32 are enough here.
while read -r side pid address; do
    frame=$(dd if="/proc/$pid/pagemap" bs=8 skip=$((address / 4096)) count=1 2>/dev/null | od -An -tu4 -N4 | tr -d " ")
    zone=DMA32
    [ "$frame" -lt "$(awk '/^Node/ { zone = $4 } zone == "Movable" && $1 == "start_pfn:" { print $2 }' /proc/zoneinfo)" ] || zone=movable
    answer "$side" $zone
done < "/run/$LENS.buffers"
answer empty normal
# 4 and 5.
answer in_the_way "$RING"
answer locked_kb "$(($(workload ring | cut -d' ' -f4) * 4)) kB"
answer setting compact_unevictable_allowed
for _ in 1 2 3; do echo 1 > /proc/sys/vm/compact_memory; done
# at: highmem
kb() { grep "$1" /proc/meminfo | tr -dc 0-9; }
workload hold pilotd
high=$(kb HighFree) low=$(kb LowFree)
workload release pilotd
answer high_fell $(($(kb HighFree) - high))
answer low_fell $(($(kb LowFree) - low))
# 8. Whose memory is it? A socket's is the kernel's own, and pages of a disk are those of no file.
names="ferryd quayd craned tided buoyd"
for name in $names; do workload hold $name; done
for name in $names; do
    pid=$(pgrep -x $name)
    if [ "$(ls -l "/proc/$pid/fd" | grep -c socket:)" -gt 5 ]; then
        answer low_one $name
        one=$name
    fi
    if grep -q /dev/vda "/proc/$pid/maps"; then
        answer low_other $name
        other=$name
    fi
done
low=$(kb LowFree)
workload release "$one"
workload release "$other"
answer low_kb $(($(kb LowFree) - low))
