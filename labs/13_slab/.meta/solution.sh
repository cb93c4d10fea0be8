# The reference answer to 13_slab: what you could have typed, task by task.
. /usr/local/share/ramlab/parameters.env # which of the names is whose

# 1. Two looks at slabinfo, and a round or two between them. Both caches have objects by the ten thousand.
cat /proc/sys/fs/dentry-state
grep -E '^(dentry|kmalloc-rcl-[0-9]+) ' /proc/slabinfo
answer grows dentry
answer grows_with "$(awk '/^kmalloc-rcl-/ && $2 > 10000 { print $1 }' /proc/slabinfo)"

# 2. Slab is charged to cgroups. Whose is most? Then watch that one ask, for one whole round: each begins with opening
# the folder.
grep slab_reclaimable /sys/fs/cgroup/*/memory.stat
who=$(grep slab_reclaimable /sys/fs/cgroup/*/memory.stat | sort -n -k2 | tail -n 1 | cut -d/ -f5)
answer grown_by "$who"
answer names "$(timeout 300 strace -e trace=%file -p "$(pgrep -x "$who")" 2>&1 |
    awk '/openat/ { if (n) { print n; exit } whole = 1 } whole && /ENOENT/ { n++ }')"

# 3. The same for what cannot be reclaimed. The cache of UNIX sockets has other names; slabinfo has one of them.
keeper=$(grep slab_unreclaimable /sys/fs/cgroup/*/memory.stat | sort -n -k2 | tail -n 1 | cut -d/ -f5)
answer kept_by "$keeper"
answer sockets "$(find "/proc/$(pgrep -x "$keeper")/fd" -lname 'socket:*' | wc -l)"
for other in $(ls -l /sys/kernel/slab | grep -e "-> $(readlink /sys/kernel/slab/UNIX)\$" | awk '{ print $9 }'); do
    if grep -q "^$other " /proc/slabinfo; then answer listed_as "$other"; fi
done

# 4. What a slab has, less what was asked for.
cd "/sys/kernel/slab/$CACHE"
answer per_slab "$(cat objs_per_slab)"
answer lost $(((4096 << $(cat order)) - $(cat objs_per_slab) * $(cat object_size)))
cd /

# 6. The store is on a disk of this machine. That need not be measured.
sed -i 's/^distance = auto/distance = near/' "/etc/$CERTS.conf"
sv hup "$CERTS"

# 5. Now it pays to give back what is there.
echo 2 > /proc/sys/vm/drop_caches

# 7. Where it is written down, and at once.
sed -i 's/^vm.vfs_cache_pressure.*/vm.vfs_cache_pressure = 100/' /etc/sysctl.d/60-slab.conf
sysctl --system
