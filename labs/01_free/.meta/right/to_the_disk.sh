# Parts are emptied, not removed, so whoever has one open may keep it. The job's folder moves to the disk.
job=$(basename "$(dirname "$(ls /srv/spool/*/part-1)")")
reader=$(basename "$(dirname /srv/*/archive)")
set -- $(awk '{ v[$1] = $2 } END { printf "%d %d %d", v["MemAvailable:"] / 1024, (v["MemTotal:"] - v["MemAvailable:"]) / 1024,
    (v["Buffers:"] + v["Cached:"] + v["SReclaimable:"]) / 1024 }' /root/alarm.txt)
answer available_mb "$1"; answer used_mb "$2"; answer buff_cache_mb "$3"

important=$(cat /run/important.pid)
answer anonymous "$(ps -o comm= -p "$important")"
answer anonymous_mb $(($(awk '/^Anonymous:/ { print $2 }' "/proc/$important/smaps_rollup") / 1024))
answer tmpfs "$job"
answer tmpfs_mb "$(ls -s --block-size=1M "/srv/spool/$job" | awk '/part/ { all += $1 } END { print all }')"
answer page_cache "$reader"
cached=$(fincore -nbo PAGES "/srv/$reader/archive")
answer page_cache_mb $((cached / 256))

# What the drop does, looked up by doing it. Then all is read again.
echo 1 > /proc/sys/vm/drop_caches
kept=$(fincore -nbo PAGES "/srv/$reader/archive")
answer drop_gives_mb $(((cached - kept) / 256))
answer drop_keeps_mb $((kept / 256))
answer drop_shared_mb 0

for part in "/srv/spool/$job"/part-*; do : > "$part"; done
mkdir -p "/var/tmp/$job"
mv "/srv/spool/$job"/* "/var/tmp/$job/"
rmdir "/srv/spool/$job"
ln -s "/var/tmp/$job" "/srv/spool/$job"

head -c "$(sed -n 's/buffers //p' /root/target.txt)M" /dev/vda > /dev/null
