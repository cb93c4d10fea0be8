# fails: test_huge_where_it_pays
# A job that keeps less does bloat less. It is not the job any more.
echo always > /sys/kernel/mm/transparent_hugepage/enabled
run=$(grep -l 2097152 /etc/service/*/run)
sed -i 's/ [0-9]* 2097152/ 4 2097152/' "$run"
sv restart "$(echo "$run" | cut -d/ -f4)" stardb
