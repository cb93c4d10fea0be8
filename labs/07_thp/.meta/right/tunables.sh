# stardb is not told to ask; malloc asks for it. And the job's program forbids huge pages to its own memory.
thp=/sys/kernel/mm/transparent_hugepage
sum() { grep "^$2:" "/proc/$(pgrep -ox "$1")/smaps_rollup" | tr -dc 0-9; }
anew() {
    : > "/var/log/$1.log"
    sv restart "$1"
    timeout 300 sh -c 'until grep -q READY "$0"; do sleep 0.1; done' "/var/log/$1.log"
}
# The one of the two whose run file says that it writes but one record in 2 MiB.
job=$(grep -l 2097152 /etc/service/*/run | cut -d/ -f4)
before=$(sum "$job" Anonymous)
sed -i 's/^    records = /    if stride > PAGE:\n        memory.madvise(mmap.MADV_NOHUGEPAGE)\n&/' "/usr/local/sbin/$job"
anew "$job"
answer bloater "$job"
answer bloat_kb $((before - $(sum "$job" Anonymous)))

echo madvise > $thp/enabled
sed -i 's,^exec /usr,exec env GLIBC_TUNABLES=glibc.malloc.hugetlb=1 /usr,' /etc/sv/stardb/run
anew stardb

# What the numbers have to be: so many pages of 4 kB, of 64 kB, of 2 MB.
. /usr/local/share/ramlab/parameters.env
answer faults_4k $((BUFFER_MIB * 256))
answer faults_64k $((BUFFER_MIB * 16))
answer faults_2m $((BUFFER_MIB / 2))

# By what each of the six did.
answer helped "$(workload switch | sed -n '/maps\|never written\|madvise/s/^  \([a-z]*\) .*/\1/p' | xargs)"
pkill -x 'anna|bela|carl|dora|emil|fred'

# Under always for as long as plated needs, with khugepaged in a hurry; it takes only pages that are full.
echo 0 > $thp/khugepaged/max_ptes_none
echo 10 > $thp/khugepaged/scan_sleep_millisecs
echo always > $thp/enabled
workload expose
timeout 300 sh -c 'until [ $(grep AnonHugePages /proc/$(pgrep -x plated)/smaps_rollup | tr -dc 0-9) -ge 16384 ]; do sleep 0.2; done'
echo madvise > $thp/enabled

sysctl vm.compact_memory=1
sysctl vm.nr_hugepages=$((ORDER_PAGES + $(sed -n 's/HugePages_Total: *//p' /proc/meminfo)))
