# fails: test_the_alarm_is_read
# What is free, and what is not: as the monitor counted.
answer available_mb "$(free -m | awk '/^Mem/ { print $4 }')"
answer used_mb "$(free -m | awk '/^Mem/ { print $2 - $4 }')"
answer buff_cache_mb "$(free -m | awk '/^Mem/ { print $6 }')"
