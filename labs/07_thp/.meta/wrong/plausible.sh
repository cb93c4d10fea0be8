# fails: test_the_bloat_is_found, test_the_faults_are_counted, test_the_switch_is_understood
# All of a process is not its bloat; of two sizes that are allowed the bigger one wins; what is written once more is no new page.
job=$(grep -l 2097152 /etc/service/*/run | cut -d/ -f4)
answer bloater "$job"
answer bloat_kb "$(grep ^Rss: "/proc/$(pgrep -x "$job")/smaps_rollup" | tr -dc 0-9)"
faults() { workload buffer | sed -n 's/.*: \([0-9]*\) minor faults.*/\1/p'; }
thp=/sys/kernel/mm/transparent_hugepage
answer faults_4k "$(faults)"
echo always > $thp/enabled
answer faults_2m "$(faults)"
echo always > $thp/hugepages-64kB/enabled
answer faults_64k "$(faults)"
answer helped "$(workload switch | sed -n '/writes\|maps\|madvise/s/^  \([a-z]*\) .*/\1/p' | xargs)"
