# Removed first, and then emptied through the descriptor of who has it open. A folder of the disk is bound over the job's.
job=$(basename "$(dirname "$(ls /srv/spool/*/part-1)")")
reader=$(basename "$(dirname /srv/*/archive)")
set -- $(awk '{ v[$1] = $2 } END { printf "%d %d %d", v["MemAvailable:"] / 1024, (v["MemTotal:"] - v["MemAvailable:"]) / 1024,
    (v["Buffers:"] + v["Cached:"] + v["SReclaimable:"]) / 1024 }' /root/alarm.txt)
answer available_mb "$1"; answer used_mb "$2"; answer buff_cache_mb "$3"

# Resident less shared, of top's columns: what is anonymous.
important=$(cat /run/important.pid)
answer anonymous "$(cat "/proc/$important/comm")"
answer anonymous_mb "$(awk '{ print int(($2 - $3) / 256) }' "/proc/$important/statm")"
rm "/srv/spool/$job"/part-1 "/srv/spool/$job"/part-2
holder=$(pgrep -x "$job")
for fd in /proc/"$holder"/fd/*; do
    case $(readlink "$fd") in *part-*deleted*) : > "$fd" ;; esac
done
# By now too late for du; so last night once more.
workload again
answer tmpfs "$job"
answer tmpfs_mb "$(du -m -c "/srv/spool/$job"/part-* | tail -n 1 | cut -f1)"
answer page_cache "$reader"
answer page_cache_mb $(($(fincore -nbo RES "/srv/$reader/archive") >> 20))
pid=$(pgrep -x "$reader")
kept=$(($(pmap -x "$pid" | awk '/archive/ { print $3 }') / 1024))
answer drop_gives_mb $((($(fincore -nbo RES "/srv/$reader/archive") >> 20) - kept))
answer drop_keeps_mb $kept
answer drop_shared_mb 0

rm "/srv/spool/$job"/part-*
mkdir -p "/var/tmp/scratch"
mount --bind /var/tmp/scratch "/srv/spool/$job"

cat /dev/vda | head -c "$(sed -n 's/buffers //p' /root/target.txt)M" | wc -c
