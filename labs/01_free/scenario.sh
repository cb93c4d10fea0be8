# Sets the stage: three programs, what they keep in memory, and what the kernel said of it when they had it.
set -eu
root=/proc/1/root
[ ! -e /run/lab/target ] || exit 0 # staged already
# shellcheck disable=SC2086 # three names
set -- $CAST
anon=$1 scratch=$2 reader=$3
sbin=$root/usr/local/sbin
cp stage/orders.py "$sbin/$anon"
ln -sf /usr/bin/sleep "$sbin/$scratch" # it broke off: all that it does is to have a file open
cp stage/reader.py "$sbin/$reader"
mkdir -p $root/srv/spool "$root/srv/$reader"
fallocate -l "$((CACHED_MIB * 3 / 2))M" "$root/srv/$reader/archive" # read as zeros, and no disk is asked

mkfifo /run/lab/ready
exec 3<> /run/lab/ready
(
    echo 0 > /proc/self/oom_score_adj
    # In the learner's world, as `learner-world` would, but without six dynamic programs on the way.
    # shellcheck disable=SC2016 # for that shell to expand
    exec nsenter -t 1 -m busybox sh -c '
        mount -t tmpfs -o mode=755 spool /srv/spool && mkdir "/srv/spool/$1" "/srv/spool/$2" || exit
        start() { # with sizes in the environment: in the command line every ps would show them
            exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
                CUSTOMERS="$ANON_MIB" ORDERS="$LIVE_MIB" PIECE="$CACHED_MIB" INDEX="$MAPPED_MIB" setsid "$@"
        }
        start "/usr/local/sbin/$1" &
        start "/usr/local/sbin/$3" &
        part=/srv/spool/$2/part
        fallocate -l "${PART1_MIB}M" "$part-1" && fallocate -l "${PART2_MIB}M" "$part-2" || exit
        echo "$2: part-1 $PART1_MIB MB, part-2 $PART2_MIB MB, and then broke off" >&2
        start "/usr/local/sbin/$2" infinity 5<>"$part-2" >/dev/null &
        echo READY' cast "$anon" "$scratch" "$reader"
) </dev/null >&3 2>$root/var/log/night.log 3<&- 9<&- &
# Each says READY once.
if ! timeout 180 head -n 3 <&3 > /run/lab/cast; then
    echo "the night did not happen: $(cat $root/var/log/night.log)" >&2
    exit 1
fi
exec 3<&-

pid=$(cat $root/run/important.pid)
cat /proc/meminfo > /run/lab/meminfo
{
    sed -n 's/^RssAnon/anonymous/p' "/proc/$pid/status"
    echo "tmpfs: $(du -sk "$root/srv/spool/$scratch" | cut -f1) kB"
    echo "page_cache: $(($(fincore -nbo RES "$root/srv/$reader/archive") / 1024)) kB"
} > /run/lab/consumers
# Whom not to hurt: the pid, and the ticks since boot when it began; together they are one process for ever.
echo "$pid $(cut -d' ' -f22 "/proc/$pid/stat")" > /run/lab/important

# Within reach when both parts are gone, and not with one of them.
kb() { sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /run/lab/meminfo; }
# With what lies in the lists of each CPU: it is on its way to be free.
available=$(($(kb MemAvailable) + $(awk '$1 == "count:" { all += 4 * $2 } END { print all }' /proc/zoneinfo)))
total=$(kb MemTotal)
echo "$((available / 1024 + (PART1_MIB + PART2_MIB) * 65 / 100))" > /run/lab/target
cat > $root/root/target.txt <<END
available $(cat /run/lab/target)
buffers $BUFFERS_MIB
END
{
    echo "ALARM: memory is $(((total - $(kb MemFree)) * 100 / total)) % used. The machine is out of memory. Order more."
    echo "What /proc/meminfo said at that moment:"
    cat /run/lab/meminfo
} > $root/root/alarm.txt
