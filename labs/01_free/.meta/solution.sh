# The reference answer to 01_free: what you could have typed, task by task.

# 1. free makes its columns of these lines. All are kB.
kb() { sed -n "s/^$1: *\([0-9]*\).*/\1/p" /root/alarm.txt; }
answer available_mb $(($(kb MemAvailable) / 1024))
answer used_mb $((($(kb MemTotal) - $(kb MemAvailable)) / 1024))
answer buff_cache_mb $((($(kb Buffers) + $(kb Cached) + $(kb SReclaimable)) / 1024))

# 2. The one with the most anonymous memory is important. Its RSS is larger: it has its orders mapped, which are shared.
free -w -m
grep -H Rss /proc/[0-9]*/status | sort -k2n | tail -n 9
important=$(cat /run/important.pid)
answer anonymous "$(cat "/proc/$important/comm")"
answer anonymous_mb $(($(grep RssAnon "/proc/$important/status" | tr -dc 0-9) / 1024))
df -m -t tmpfs
du -sm /srv/spool/*
job=$(basename "$(du -sm /srv/spool/* | sort -n | tail -n 1 | cut -f2)")
answer tmpfs "$job"
answer tmpfs_mb "$(du -sm "/srv/spool/$job" | cut -f1)"
fincore /srv/*/archive
archive=$(ls /srv/*/archive)
reader=$(basename "$(dirname "$archive")")
cached=$(($(fincore -nbo RES "$archive") / 1048576))
answer page_cache "$reader"
answer page_cache_mb $cached

# 3. From the disk itself; what a file system's metadata has there already is on top.
dd if=/dev/vda of=/dev/null bs=1M count="$(sed -n 's/buffers //p' /root/target.txt)"
free -w -m

# 4. What a process has mapped stays; and a tmpfs has nowhere to go.
kept=$(($(grep -A 4 archive "/proc/$(pgrep -x "$reader")/smaps" | sed -n 's/^Rss: *\([0-9]*\) kB/\1/p') / 1024))
answer drop_gives_mb $((cached - kept))
answer drop_keeps_mb $kept
answer drop_shared_mb 0
workload drop

# 5. Two parts are left over, and the second one is still open: it lives on without its name until its holder ends.
fuser -v /srv/spool/*/*
rm "/srv/spool/$job"/part-*
df -m /srv/spool
pkill -x "$job"
df -m /srv/spool
cat /root/target.txt
free -m

# 6. A file system of its own, as large as it may be. Its neighbour keeps its room.
mount -t tmpfs -o size=10M scratch "/srv/spool/$job"
free -m
