# fails: test_the_watermarks_are_computed
# The share of each zone, Movable too; and the whole change in one zone.
. /usr/local/share/ramlab/parameters.env
managed() { awk -v zone="$1" '/^Node/ { now = $4 } $1 == "managed" && now == zone { print $2 }' /proc/zoneinfo; }
all=$(($(managed DMA) + $(managed DMA32) + $(managed Movable)))
min=$((WANTED_KB / 4 * $(managed DMA32) / all))
answer dma32_min $min
answer dma32_low $((min * 5 / 4))
answer movable_min $((WANTED_KB / 4 * $(managed Movable) / all))
answer stops_at $min
