# fails: test_the_consumers_are_told_apart
# As above, and only the first figure is wrong: the orders that it has mapped are shared memory.
important=$(cat /run/important.pid)
answer anonymous "$(cat "/proc/$important/comm")"
answer anonymous_mb $(($(ps -o rss= -p "$important") / 1024))
job=$(basename "$(dirname "$(ls /srv/spool/*/part-1)")")
answer tmpfs "$job"
answer tmpfs_mb "$(du -sm "/srv/spool/$job" | cut -f1)"
answer page_cache "$(basename "$(dirname /srv/*/archive)")"
answer page_cache_mb $(($(fincore -nbo RES /srv/*/archive) >> 20))
