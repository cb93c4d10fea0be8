# fails: test_the_oom_is_explained
# The job was killed as well, but second, and that one did help. And pages are no kB.
answer oom_bound policy
answer oom_node "$(sed -n 's/.*Node \([0-9]\) DMA32 free.*/\1/p' /root/oom-report.txt | head -1)"
answer oom_in_vain "$(sed -n 's/.*Killed process [0-9]* (\(.*\)) total.*/\1/p' /root/oom-report.txt | tail -1)"
answer oom_free_kb "$(sed -n 's/.* free:\([0-9]*\) free_pcp.*/\1/p' /root/oom-report.txt | head -1)"
