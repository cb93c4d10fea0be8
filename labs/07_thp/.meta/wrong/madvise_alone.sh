# fails: test_huge_where_it_pays
# The machine would give huge pages to who asks. Nobody asks.
echo madvise > /sys/kernel/mm/transparent_hugepage/enabled
sv restart stardb
