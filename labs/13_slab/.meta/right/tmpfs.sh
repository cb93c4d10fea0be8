# The store on a tmpfs: there no negative dentries are kept. With the old folder those of its names go. A later file wins.
. /usr/local/share/ramlab/parameters.env
# Before anything changes: one whole round of the program, as strace sees it.
beside=$(awk '/^kmalloc-rcl-/ && $2 > 10000 { print $1 }' /proc/slabinfo)
names=$(timeout 300 strace -e trace=%file -p "$(pgrep -x "$CERTS")" 2>&1 |
    awk '/openat/ { if (n) { print n; exit } whole = 1 } whole && /ENOENT/ { n++ }')
store=/var/lib/$CERTS/store
cp -a "$store" /root/kept
rm -r "$store"
mkdir "$store"
mount -t tmpfs -o size=4M,mode=755 store "$store"
cp -a /root/kept/. "$store"
echo 'vm.vfs_cache_pressure = 50' > /etc/sysctl.d/90-mine.conf
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
