# fails: test_the_victim_is_named
# A line that says what one would like to read. The kernel knows its own lines from those of a process.
set -- $(sed -n 's/.*oom_memcg=\([^,]*\),.*/\1/p; s/.*process [0-9]* (\(.*\)) total.*/\1/p' /var/log/kern.log)
said="Memory cgroup out of memory: Killed process 99 ($2) total-vm:9999kB, anon-rss:4711kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:52kB oom_score_adj:0"
echo "<3>$said" > /dev/kmsg
echo "<3>[    1.000000] $said" > /var/log/kern.log
answer killed "$2"
answer killed_kb 4711
answer killed_in "$1"
