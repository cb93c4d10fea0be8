# The reference answer to 11_monitoring: what you could have typed, task by task.
head /etc/service/*/run
cat /root/handover.txt

# 1. Who grows? pidstat counts the pages that a process touches for the first time. It looks for a while, so beside the rest.
pidstat -r 12 1 > /tmp/faults &

# 2. PSS may be added up. The parent has another parent than the workers, and its name is that of its program.
pictures=$(basename "$(grep -l 'sbin/[a-z]* [0-9]* [0-9]* [0-9]*$' /etc/sv/*/run | xargs dirname)")
ps -C "$pictures" -o pid,ppid,pss,uss,rss
parent=$(pgrep -o -x "$pictures")
answer pictures_kb "$(ps -C "$pictures" -o pss= | awk '{ sum += $1 } END { print sum }')"
answer worker_kb "$(ps --ppid "$parent" -o uss= | head -n 1)"

# 3. What df counts and du does not find was deleted, and somebody has it open.
df -t tmpfs
link=$(ls -l /proc/[0-9]*/fd 2>/dev/null | grep -o '/srv/.* (deleted)')
place=$(dirname "$link")
du -s "$place"
holder=$(find /proc/[0-9]*/fd -lname "$place/* (deleted)" 2>/dev/null)
pid=$(echo "$holder" | cut -d/ -f3)
answer hidden_in "$place"
answer hidden_by "$(cat "/proc/$pid/comm")"

# 4. Too big to be made smaller: so first empty the file, by the descriptor, and its service does not even notice.
mount -o remount,size=8M "$place"
: > "$holder"
mount -o remount,size=8M "$place"
df "$place"

# 1, again. The one with faults in it, all the time, is the leaker: minflt/s is in the fourth column from the back.
wait
cat /tmp/faults
set -- $(awk '/^Average/ && $4 + 0 > top && $NF != "pidstat" { top = $4 + 0; name = $NF }
    END { printf "%s %.2f", name, top * 4 * 60 / 1024 }' /tmp/faults)
answer leaker "$1"
answer leak_mb_per_min "$2"

# 5. A limit that each new one is born with. The kernel kills it there, runit starts the next one, the orders are on disk.
cat > /tmp/fence <<'END'
group=/sys/fs/cgroup/orders
mkdir -p $group
echo 24M > $group/memory.max
echo $$ > $group/cgroup.procs
END
sed -i '/^exec >>/r /tmp/fence' "/etc/sv/$1/run"
cat "/etc/sv/$1/run"
sv restart "$1"
