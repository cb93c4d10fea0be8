# Nobody asks and nothing is allowed: `never` stays. Whoever has to be huge is collapsed from outside; stardb each time it
# has been started, by a companion that its run file starts with it.
cat > /usr/local/bin/collapse <<'END'
#!/usr/bin/python3 -IS
import ctypes, os, sys
fd = os.pidfd_open(int(sys.argv[1]))
for line in open(f"/proc/{sys.argv[1]}/maps"):
    words = line.split()
    begin, end = (int(word, 16) for word in words[0].split("-"))
    if len(words) == 5 and words[1] == "rw-p" and end - begin >= 8 << 20:
        ranges = (ctypes.c_size_t * 2)(begin, end - begin)
        ctypes.CDLL(None).process_madvise(fd, ranges, ctypes.c_size_t(1), 25, 0)
END
chmod 755 /usr/local/bin/collapse
collapse "$(pgrep -ox plated)"
sed -i '2i : > /var/log/stardb.log; (timeout 300 sh -c "until grep -q READY.$$ /var/log/stardb.log; do sleep 0.1; done" \&\& collapse $$) \&' /etc/sv/stardb/run

job=$(grep -l 2097152 /etc/service/*/run | cut -d/ -f4)
before=$(grep ^Rss: "/proc/$(pgrep -ox "$job")/smaps_rollup" | tr -dc 0-9)
: > "/var/log/$job.log"
sv restart "$job"
timeout 300 sh -c 'until grep -q READY "$0"; do sleep 0.1; done' "/var/log/$job.log"
answer bloater "$job"
answer bloat_kb $((before - $(grep ^Rss: "/proc/$(pgrep -ox "$job")/smaps_rollup" | tr -dc 0-9)))
workload night

. /usr/local/share/ramlab/parameters.env
answer faults_4k $((BUFFER_MIB * 256))
answer faults_64k $((BUFFER_MIB * 16))
answer faults_2m $((BUFFER_MIB / 2))
answer helped "$(workload switch | sed -n '/maps\|never written\|madvise/s/^  \([a-z]*\) .*/\1/p' | xargs)"
pkill -x 'anna|bela|carl|dora|emil|fred'
sysctl vm.compact_memory=1
sysctl vm.nr_hugepages=$((ORDER_PAGES + $(sed -n 's/HugePages_Total: *//p' /proc/meminfo)))
