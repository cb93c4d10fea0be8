# fails: test_the_alarm_is_read
# As procps 3 had it: used = total - free - buff/cache. All of the cache counts as available.
kb() { sed -n "s/^$1: *\([0-9]*\).*/\1/p" /root/alarm.txt; }
cache=$(($(kb Buffers) + $(kb Cached) + $(kb SReclaimable)))
answer available_mb $((($(kb MemFree) + cache) / 1024))
answer used_mb $((($(kb MemTotal) - $(kb MemFree) - cache) / 1024))
answer buff_cache_mb $((cache / 1024))
