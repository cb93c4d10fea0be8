# fails: test_huge_where_it_pays
# 64 kB for everybody: 16 times fewer faults, and no huge page of 2 MB; and the job takes 16 times too much.
thp=/sys/kernel/mm/transparent_hugepage
echo always > $thp/hugepages-64kB/enabled
sv restart stardb
