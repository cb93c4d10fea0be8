# One limit for all of the spool, and within it a smaller one for the job, made of a file system in a file.
job=$(basename "$(dirname "$(ls /srv/spool/*/part-1)")")
reader=$(basename "$(dirname /srv/*/archive)")
set -- $(awk '{ v[$1] = $2 } END { printf "%d %d %d", v["MemAvailable:"] / 1024, (v["MemTotal:"] - v["MemAvailable:"]) / 1024,
    (v["Buffers:"] + v["Cached:"] + v["SReclaimable:"]) / 1024 }' /root/alarm.txt)
answer available_mb "$1"; answer used_mb "$2"; answer buff_cache_mb "$3"
important=$(cat /run/important.pid)
answer anonymous "$(cat "/proc/$important/comm")"
answer anonymous_mb "$(awk '/^RssAnon/ { printf "%d MB", $2 / 1024 }' "/proc/$important/status" | cut -d' ' -f1)"
answer tmpfs "$job"
answer tmpfs_mb $(($(df -m --output=used /srv/spool | tail -n 1) - $(du -sm "/srv/spool/$(cat "/proc/$important/comm")" | cut -f1)))
answer page_cache "$reader"
answer page_cache_mb $(($(fincore -nbo RES "/srv/$reader/archive") >> 20))
kept=$(($(awk '/archive/ { here = 1 } here && /^Rss/ { print $2; exit }' "/proc/$(pgrep -x "$reader")/smaps") / 1024))
answer drop_gives_mb $((($(fincore -nbo RES "/srv/$reader/archive") >> 20) - kept))
answer drop_keeps_mb $kept
answer drop_shared_mb 0

fuser -k "/srv/spool/$job"/part-2
rm -r "/srv/spool/$job"
mkdir "/srv/spool/$job"
mount -t tmpfs -o nr_blocks=2048,nr_inodes=100 scratch "/srv/spool/$job"
mount -o remount,size=32M /srv/spool
dd if=/dev/vda of=/dev/null bs=64k count=$(($(sed -n 's/buffers //p' /root/target.txt) * 16))
