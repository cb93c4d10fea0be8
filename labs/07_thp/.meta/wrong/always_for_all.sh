# fails: test_huge_where_it_pays, test_plated_is_helped
# Back to what it was, and khugepaged in a hurry. The job takes all that it can get; plated, which holds still, gets nothing.
thp=/sys/kernel/mm/transparent_hugepage
echo 10 > $thp/khugepaged/scan_sleep_millisecs
echo 100000 > $thp/khugepaged/pages_to_scan
echo always > $thp/enabled
sv restart /etc/service/*
goal=$(($(cat $thp/khugepaged/full_scans) + 4))
timeout 300 sh -c "until [ \$(cat $thp/khugepaged/full_scans) -ge $goal ]; do sleep 0.1; done"
