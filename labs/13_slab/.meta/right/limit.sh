# A limit on what is charged to the program's cgroup, also after its restart: the kernel then reclaims there, and only there.
# It does so at once, so task 5 is done with it. The colleague's file is taken away, and the default set.
. /usr/local/share/ramlab/parameters.env
# Before anything changes: one whole round of the program, as strace sees it.
beside=$(awk '/^kmalloc-rcl-/ && $2 > 10000 { print $1 }' /proc/slabinfo)
names=$(timeout 300 strace -e trace=%file -p "$(pgrep -x "$CERTS")" 2>&1 |
    awk '/openat/ { if (n) { print n; exit } whole = 1 } whole && /ENOENT/ { n++ }')
echo 8M > "/sys/fs/cgroup/$CERTS/memory.max"
rm /etc/sysctl.d/60-slab.conf
sysctl -w vm.vfs_cache_pressure=100

# What was found out: tasks 1 to 4, in few words.
answer grows dentry
answer grows_with "$beside"
answer grown_by "$CERTS"
answer names "$names"
answer kept_by "$GUIDES"
answer sockets "$(ss -xH | wc -l)"
answer listed_as PING
set -- $(awk -v name="$CACHE" '$1 == name { print $5, $6 }' /proc/slabinfo)
answer per_slab "$1"
answer lost $(($2 * 4096 - $1 * $(cat "/sys/kernel/slab/$CACHE/object_size")))
