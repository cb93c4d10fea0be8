# The other road: huge pages for all, and the job is started without. Bloat is measured by splitting huge pages: since 6.12
# the kernel frees those parts of them that hold zeroes. plated comes on khugepaged's list by taking one more plate.
thp=/sys/kernel/mm/transparent_hugepage
sum() { grep "^$2:" "/proc/$1/smaps_rollup" | tr -dc 0-9; }
mount -t debugfs none /sys/kernel/debug
for pid in $(grep -s AnonHugePages /proc/[0-9]*/smaps_rollup | grep -v ' 0 kB' | cut -d/ -f3); do
    before=$(sum "$pid" Rss)
    sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) rw-p 00000000 00:00 0 *$/\1 \2/p' "/proc/$pid/maps" | while read -r begin after; do
        echo "$pid,0x$begin,0x$after" > /sys/kernel/debug/split_huge_pages
    done
    back=$((before - $(sum "$pid" Rss)))
    if [ $back -gt 20000 ]; then
        job=$(cat "/proc/$pid/comm")
        answer bloater "$job"
        answer bloat_kb $back
    fi
done

faults() { workload buffer | sed -n 's/.*: \([0-9]*\) minor faults.*/\1/p'; }
answer faults_4k "$(faults)"
echo always > $thp/enabled
answer faults_2m "$(faults)"
echo never > $thp/hugepages-2048kB/enabled
echo inherit > $thp/hugepages-64kB/enabled
answer faults_64k "$(faults)"
echo inherit > $thp/hugepages-2048kB/enabled
echo never > $thp/hugepages-64kB/enabled

sed -i 's,^exec /usr,exec nothp /usr,' "/etc/sv/$job/run"
: > "/var/log/$job.log"
sv restart "$job" stardb
timeout 300 sh -c 'until grep -q READY "$0"; do sleep 0.1; done' "/var/log/$job.log"

workload switch > /root/switch.log
for pid in $(sed -n 's/.*(pid \([0-9]*\)).*/\1/p' /root/switch.log); do
    [ "$(sum "$pid" AnonHugePages)" = 0 ] || set -- "$@" "$(cat "/proc/$pid/comm")"
done
answer helped "$*"
pkill -x 'anna|bela|carl|dora|emil|fred'

echo 10 > $thp/khugepaged/scan_sleep_millisecs
workload expose
timeout 300 sh -c 'until [ $(grep AnonHugePages /proc/$(pgrep -x plated)/smaps_rollup | tr -dc 0-9) -ge 16384 ]; do sleep 0.2; done'
echo 10000 > $thp/khugepaged/scan_sleep_millisecs

pool=/sys/kernel/mm/hugepages/hugepages-2048kB
. /usr/local/share/ramlab/parameters.env
echo 1 > /proc/sys/vm/compact_memory
echo $((ORDER_PAGES + $(cat $pool/nr_hugepages) - $(cat $pool/free_hugepages))) > $pool/nr_hugepages
cat $pool/free_hugepages
