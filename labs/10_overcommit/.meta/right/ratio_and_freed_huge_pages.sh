# By ratio: the huge pages that nobody uses are given back, so that the ratio is of all memory. In the files that are
# there already; a name may have slashes, and a dash before it.
echo "vm.nr_hugepages = 0" > /etc/sysctl.d/30-database.conf
cat > /etc/sysctl.d/80-installer.conf <<'END'
vm.overcommit_ratio = 112
vm/admin_reserve_kbytes = 330000
-vm.overcommit_memory = 2
END
sysctl -q --system

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
