# The program itself asks no more; memory is taken from its cgroup alone, and for the machine's pressure the file is mended.
. /usr/local/share/ramlab/parameters.env
# Before anything changes: one whole round of the program, as strace sees it.
beside=$(awk '/^kmalloc-rcl-/ && $2 > 10000 { print $1 }' /proc/slabinfo)
names=$(timeout 300 strace -e trace=%file -p "$(pgrep -x "$CERTS")" 2>&1 |
    awk '/openat/ { if (n) { print n; exit } whole = 1 } whole && /ENOENT/ { n++ }')
sed -i 's/^def measure(count):/def measure(count):\n    return 0.0/' "/usr/local/sbin/$CERTS"
sv restart "$CERTS"
timeout 300 sh -c "until [ -S /run/$CERTS.sock ] && pgrep -x $CERTS > /dev/null; do sleep 0.2; done"
# Asked for more than there is, the kernel gives what it can, and says so.
echo 64M > "/sys/fs/cgroup/$CERTS/memory.reclaim" || true
echo 'vm.vfs_cache_pressure = 20' > /etc/sysctl.d/60-slab.conf
sysctl --system

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
