# fails: test_the_report_is_read
# Points without swap, page tables and oom_score_adj; and the one that asked for memory is not the one that died.
set -- $(awk '$3 == "[" && $4 + 0 { p = $4 + 0; u[p] = $8; s[p] = $8 + $13; if (s[p] > s[b]) b = p } /Killed process/ { k = $8 }
    END { print k, b, u[k], u[b] }' /root/oom-report.txt)
answer report_killed "$1"; answer report_bigger "$2"; answer report_killed_points "$3"; answer report_bigger_points "$4"
