# fails: test_the_limit_is_computed, test_the_empty_promise_is_found
# Huge pages come off the ratio's share only, and one request is held against all memory, not against the free one.
total=$(awk '/^MemTotal/ {print $2}' /proc/meminfo)
set -- $(grep -oE '[0-9]+' /root/plan.txt)
answer limit_a $(((total - $3 * 2048) * $2 / 100 + $4))
answer limit_b $(($6 - $7 * 2048 + $8))
answer largest_c "$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)"
# Private and writable, and the largest VmData: but MAP_NORESERVE.
promiser=$(cd /etc/theatre && grep -ls '^arena' $(ls /usr/local/bin))
status=/proc/$(pgrep -x "$promiser")/status
answer promiser "$promiser"
answer promised_kb "$(awk '/^VmData/ {print $2}' "$status")"
answer used_kb "$(awk '/^RssAnon/ {print $2}' "$status")"
