# A watcher that looks every second, itself a service of runit. The bound is taken from the handover.
orders=$(awk '/takes the orders/ { print $1 }' /root/handover.txt)
bound=$(sed -n 's/.*never \([0-9]*\) MB, or.*/\1/p' /root/handover.txt)
mkdir -p /etc/sv/guard
cat > /etc/sv/guard/run <<END
#!/bin/sh
while sleep 1; do
    read -r pid < /etc/sv/$orders/supervise/pid || continue
    size=\$(awk '/^RssAnon/ { print \$2 }' "/proc/\$pid/status" 2>/dev/null)
    [ "\${size:-0}" -lt $((bound * 512)) ] || sv restart $orders
done
END
chmod 755 /etc/sv/guard/run

# Task 1 by two exact looks at the same process, with the kernel's own clock beside it.
look() {
    for pid in $(pgrep -f '^/usr/bin/python3 -IS /usr/local/sbin'); do
        read -r now _ < /proc/uptime
        awk -v now="$now" -v pid="$pid" '/^Anonymous/ { print pid, now, $2 }' "/proc/$pid/smaps_rollup"
    done
}
look > /tmp/first
sleep 10
look > /tmp/second
set -- $(awk 'NR == FNR { time[$1] = $2; size[$1] = $3; next }
    $3 - size[$1] > most { most = $3 - size[$1]; pid = $1; rate = most * 60 / 1024 / ($2 - time[$1]) }
    END { print pid, rate }' /tmp/first /tmp/second)
answer leaker "$(cat "/proc/$1/comm")"
answer leak_mb_per_min "$2 MB/min"

# Tasks 2 to 4. With the process its descriptor goes, and with that the file.
pictures=$(awk '/the pictures:/ { print $1 }' /root/handover.txt)
answer pictures_kb "$(for pid in $(pgrep -x "$pictures"); do cat "/proc/$pid/smaps_rollup"; done | awk '/^Pss:/ { s += $2 } END { print s }') kB"
answer worker_kb "$(awk '/^Private_/ { s += $2 } END { print s }' "/proc/$(pgrep -n -x "$pictures")/smaps_rollup")"
set -- $(find /proc/[0-9]*/fd -lname '/srv/* (deleted)' -printf '%p %l' 2>/dev/null)
answer hidden_by "$(cat "${1%/fd/*}/comm")"
answer hidden_in "${2%/*}/"
sv restart "$(cat "${1%/fd/*}/comm")"
mount -o remount,size=4M "${2%/*}"

ln -s /etc/sv/guard /etc/service/
timeout 120 sh -c 'until sv status guard | grep -q ^run; do sleep 0.2; done'
