# fails: test_the_consumers_are_told_apart
# Only the last figure is wrong: the file is larger than what of it is in RAM.
important=$(cat /run/important.pid)
answer anonymous "$(cat "/proc/$important/comm")"
answer anonymous_mb $(($(grep RssAnon "/proc/$important/status" | tr -dc 0-9) / 1024))
job=$(basename "$(dirname "$(ls /srv/spool/*/part-1)")")
answer tmpfs "$job"
answer tmpfs_mb "$(du -sm "/srv/spool/$job" | cut -f1)"
answer page_cache "$(basename "$(dirname /srv/*/archive)")"
answer page_cache_mb "$(du -m /srv/*/archive | cut -f1)"
