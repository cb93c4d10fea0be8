# fails: test_the_watermarks_are_computed
# The watermarks as they are, before the change.
mark() { awk -v z="$1" -v mark="$2" '/^Node/ { zone = $4 } zone == z && $1 == mark { print $2; exit }' /proc/zoneinfo; }
answer dma32_min "$(mark DMA32 min)"
answer dma32_low "$(mark DMA32 low)"
answer movable_min "$(mark Movable min)"
answer stops_at "$(mark DMA32 min)"
