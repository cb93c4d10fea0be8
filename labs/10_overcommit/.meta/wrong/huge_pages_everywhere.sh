# fails: test_the_limit_is_computed
# They come off the ratio's share only. And one request is held against all memory, not against the free one.
total=$(awk '/^MemTotal/ {print $2}' /proc/meminfo)
set -- $(grep -oE '[0-9]+' /root/plan.txt)
answer limit_a $(((total - $3 * 2048) * $2 / 100 + $4))
answer limit_b $(($6 - $7 * 2048 + $8))
answer largest_c "$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)"
