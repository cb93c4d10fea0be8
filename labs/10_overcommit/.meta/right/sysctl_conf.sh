# The old place, which sysctl --system still reads, and last of all. Set by hand first, and then written down.
sysctl -w vm.overcommit_kbytes=580000
sysctl -w vm.admin_reserve_kbytes=350000
sysctl -w vm.user_reserve_kbytes=2000
sysctl -w vm.overcommit_memory=2
sysctl vm.overcommit_kbytes vm.admin_reserve_kbytes vm.user_reserve_kbytes vm.overcommit_memory > /etc/sysctl.conf
sv restart ticketd seatmapd cashd
timeout 300 sh -c 'until grep -q . /run/theatre/cashd.pid && [ "$(cat /proc/$(cat /run/theatre/cashd.pid)/comm)" = cashd ]; do sleep 0.2; done'

# What was found out: tasks 1 and 2. In the plan's lines the numbers stand in this order.
total=$(awk '/^MemTotal/ {print $2}' /proc/meminfo)
set -- $(grep -oE '[0-9]+' /root/plan.txt) # A: mode ratio huge swap; B: mode kbytes huge swap; C: mode swap
answer limit_a $(((total - $3 * 2048) * $2 / 100 + $4)) kB
answer limit_b $(($6 + $8)) kB
answer largest_c "$((total + ${10})) kB"
# Both programs that were started by hand are candidates; the one whose mapping is MAP_NORESERVE was promised nothing.
promiser=$(pgrep -x "$(cd /etc/theatre && grep -ls '^memory' $(ls /usr/local/bin))")
status=/proc/$promiser/status
answer promiser "$promiser"
answer promised_kb "$(awk '/^VmData/ {print $2}' "$status")"
answer used_kb "$(awk '/^RssAnon/ {print $2}' "$status")"
