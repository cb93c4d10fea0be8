# fails: test_the_victim_is_named
# A line that says what one would like to read. The kernel knows its own lines from those of a process.
. /usr/local/share/ramlab/parameters.env
said="Memory cgroup out of memory: Killed process 99 ($JOB) total-vm:9999kB, anon-rss:4711kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:52kB oom_score_adj:0"
echo "<3>$said" > /dev/kmsg
echo "<3>[    1.000000] $said" > /var/log/kern.log
answer killed "$JOB"
answer killed_kb 4711
answer killed_in "/$JOB_GROUP"
