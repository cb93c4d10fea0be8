# The reference answer to 07_thp: what you could have typed, task by task.
thp=/sys/kernel/mm/transparent_hugepage
sum() { grep "^$2:" "/proc/$(pgrep -ox "$1")/smaps_rollup" | tr -dc 0-9; }
anew() { # NAME: restart a service, and wait for what it says when all is in place
    : > "/var/log/$1.log"
    sv restart "$1"
    timeout 300 sh -c 'until grep -q READY "$0"; do sleep 0.1; done' "/var/log/$1.log"
}

# 1. Two have huge pages. `never` is set, so whoever is started now takes small pages: only those that it writes to. Who
# is smaller then had bloat. (Whoever needs all of it is as big as before.)
grep -s AnonHugePages /proc/[0-9]*/smaps_rollup | grep -v ' 0 kB'
for service in /etc/service/*; do
    name=${service##*/}
    [ "$name" != stardb ] || continue
    before=$(sum "$name" Rss)
    anew "$name"
    bloat=$((before - $(sum "$name" Rss)))
    echo "$name: $before kB with huge pages, $bloat kB less without"
    if [ "$bloat" -gt 20000 ]; then
        answer bloater "$name"
        answer bloat_kb "$bloat"
        job=$name
    fi
done

# 2. One size at a time: what a fault brings is 4 kB, 64 kB or 2 MB.
faults() { workload buffer | sed -n 's/.*: \([0-9]*\) minor faults.*/\1/p'; }
answer faults_4k "$(faults)"
echo always > $thp/hugepages-64kB/enabled
answer faults_64k "$(faults)"
echo never > $thp/hugepages-64kB/enabled
echo always > $thp/enabled
answer faults_2m "$(faults)"

# 3. Huge pages for who asks, and stardb asks. The job does not.
echo madvise > $thp/enabled
sed -i 's,^exec /usr.*,& advise,' /etc/sv/stardb/run
anew stardb
workload night

# 4. Only they are helped who came on khugepaged's list: by a fault or a new mapping with room for a huge page, or by
# madvise, while huge pages were allowed.
workload switch
for name in anna bela carl dora emil fred; do
    [ "$(sum "$name" AnonHugePages)" = 0 ] || set -- "$@" "$name"
done
answer helped "$*"
pkill -x 'anna|bela|carl|dora|emil|fred'

# 5. plated was filled under `never`, so khugepaged does not know it. Its pages are collapsed at once, from outside: a
# pidfd, the ranges of its memory, and MADV_COLLAPSE, which does not ask what `enabled` says.
python3 - "$(pgrep -ox plated)" <<'END'
import ctypes, os, sys
class iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
libc = ctypes.CDLL(None, use_errno=True)
pid = int(sys.argv[1])
pidfd = os.pidfd_open(pid)
for line in open(f"/proc/{pid}/maps"):
    span, permissions, _, _, inode, *path = line.split()
    begin, end = (int(address, 16) for address in span.split("-"))
    if permissions == "rw-p" and inode == "0" and end - begin >= 4 << 20:
        done = libc.process_madvise(pidfd, ctypes.byref(iovec(begin, end - begin)), ctypes.c_size_t(1), 25, 0)
        print(span, "collapsed" if done >= 0 else os.strerror(ctypes.get_errno()))
END

# 6. The order, and what is in use beside it. The bloat is gone, so there is room; what lies in between is moved or
# dropped first. Then read back what came of it.
wanted=$(($(sed -n 's/.*It wants \([0-9]*\) huge.*/\1/p' /root/note.txt) + $(sed -n 's/HugePages_Total: *//p' /proc/meminfo)))
echo 3 > /proc/sys/vm/drop_caches
echo 1 > /proc/sys/vm/compact_memory
sysctl vm.nr_hugepages=$wanted
grep HugePages_ /proc/meminfo
workload correlate
