# fails: test_the_next_night_is_bounded
# Memory is safe. But the job fills what it shares with important, and there is no room for an order.
important=$(cat "/proc/$(cat /run/important.pid)/comm")
job=$(basename "$(dirname "$(ls /srv/spool/*/part-1)")")
pkill -x "$job"
rm "/srv/spool/$job"/*
mount -o remount,size=$(($(du -sm "/srv/spool/$important" | cut -f1) + 12))M /srv/spool
