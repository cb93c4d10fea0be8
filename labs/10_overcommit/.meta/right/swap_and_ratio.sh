# With swap the limit rises by as much, and there is somewhere to put what was promised. /etc/fstab brings it back. The
# settings lie in /usr/local/lib, and by their name after the installer's.
fallocate -l 192M /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon /swapfile
echo "/swapfile none swap defaults 0 0" >> /etc/fstab
mkdir -p /usr/local/lib/sysctl.d
printf 'vm.overcommit_memory=2\nvm.overcommit_ratio=80\nvm.admin_reserve_kbytes=330000\n' > /usr/local/lib/sysctl.d/99-house.conf
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
