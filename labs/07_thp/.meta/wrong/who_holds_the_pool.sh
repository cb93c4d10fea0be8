# fails: test_the_bloat_is_found
# Who has the most of all kinds of huge pages, pool and all, and fills every one of them.
holder=$(grep -s HugetlbPages /proc/[0-9]*/status | grep -v ' 0 kB' | cut -d/ -f3)
answer bloater "$(cat "/proc/$holder/comm")"
answer bloat_kb "$(grep AnonHugePages "/proc/$holder/smaps_rollup" | tr -dc 0-9)"
