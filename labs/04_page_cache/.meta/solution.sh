# The reference answer to 04_page_cache: what you could have typed, task by task.
. /usr/local/share/ramlab/parameters.env

# 2. What is there when all is dropped that can be: what is locked, and what lives on a tmpfs.
sync
echo 3 > /proc/sys/vm/drop_caches
cat /proc/meminfo | grep -i -E 'cached|mlocked|shmem'
fincore /srv/shop/*.db
status=$(grep -l 'VmLck:.*[1-9]' /proc/[0-9]*/status | head -n 1)
answer locked_by "$(sed -n 's/^Name:\t//p' "$status")"
answer locked_kb "$(sed -n 's/^VmLck:[ \t]*//p' "$status")"
find $(df -t tmpfs --output=target | tail -n +2) -xdev -type f -printf '%s %p\n' | sort -n | tail -n 3
answer on_no_disk "$(find /dev/shm /run -xdev -type f -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)"

# 3. Touching a range brings in what is around it as well; what is too much is evicted.
file=/srv/shop/index.db
begin=$((RANGE_PAGE * 4096))
end=$(((RANGE_PAGE + RANGE_PAGES) * 4096))
vmtouch -q -t -p $begin-$end $file
workload pages $file
vmtouch -q -e -p 0-$begin $file
vmtouch -q -e -p $end-1G $file
workload pages $file

# 4. A cgroup of its own: what the backup reads and writes counts to it, and when it is full, that is what goes.
cat > /etc/nightly/backup <<'END'
#!/bin/sh
group=/sys/fs/cgroup/backup
mkdir -p $group
echo 16M > $group/memory.max
echo $$ > $group/cgroup.procs
exec cp /srv/shop/archive/*.tar /var/backups/shop/
END

# 5. The threshold at which the kernel holds writers back; and in a file, for the next boot. The one at which it begins
# to write back must be below: where it is not, the kernel takes half.
echo "vm.dirty_bytes = $((BOUND_KB * 1024))" > /etc/sysctl.d/60-tills.conf
sysctl -p /etc/sysctl.d/60-tills.conf

# 1. Last, as all of the above may have changed it.
fincore /srv/shop/stock.db
answer resident "$(fincore -n -r -o PAGES /srv/shop/stock.db)"
