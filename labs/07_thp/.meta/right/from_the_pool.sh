# stardb's memory comes from the hugetlb pool, by malloc again: huge pages that are not transparent are huge as well. They
# have to be in the pool beside the correlator's. THP stays as the colleague has left it.
sum() { grep "^$2:" "/proc/$(pgrep -ox "$1")/smaps_rollup" | tr -dc 0-9; }
anew() {
    : > "/var/log/$1.log"
    sv restart "$1"
    timeout 300 sh -c 'until grep -q READY "$0"; do sleep 0.1; done' "/var/log/$1.log"
}
job=$(grep -l 2097152 /etc/service/*/run | cut -d/ -f4)
before=$(sum "$job" Rss)
anew "$job"
answer bloater "$job"
answer bloat_kb $((before - $(sum "$job" Rss)))

. /usr/local/share/ramlab/parameters.env
answer faults_4k $((BUFFER_MIB * 256))
answer faults_64k $((BUFFER_MIB * 16))
answer faults_2m $((BUFFER_MIB / 2))
answer helped "$(workload switch | sed -n '/maps\|never written\|madvise/s/^  \([a-z]*\) .*/\1/p' | xargs)"
pkill -x 'anna|bela|carl|dora|emil|fred'

# MADV_COLLAPSE from outside; by its number, as other languages would.
python3 -c '
import ctypes, os
pid = int(os.popen("pgrep -x plated").read())
fd = os.pidfd_open(pid)
for line in open(f"/proc/{pid}/maps"):
    words = line.split()
    begin, end = (int(word, 16) for word in words[0].split("-"))
    if len(words) == 5 and words[1] == "rw-p" and end - begin >= 8 << 20:
        ranges = (ctypes.c_size_t * 2)(begin, end - begin)
        print(ctypes.CDLL(None).syscall(440, fd, ranges, ctypes.c_size_t(1), 25, ctypes.c_size_t(0)))
'

echo 3 > /proc/sys/vm/drop_caches
sysctl vm.compact_memory=1
total=$(sed -n 's/HugePages_Total: *//p' /proc/meminfo)
sysctl vm.nr_hugepages=$((ORDER_PAGES + total + $(sum stardb Anonymous) / 2048 + 4))
sed -i 's,^exec /usr,exec env GLIBC_TUNABLES=glibc.malloc.hugetlb=2 /usr,' /etc/sv/stardb/run
anew stardb
grep HugePages /proc/meminfo
