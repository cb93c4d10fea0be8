# fails: test_huge_where_it_pays
# The machine's setting is changed while the job starts. It is as small as it should be, until it maps more.
thp=/sys/kernel/mm/transparent_hugepage
echo always > $thp/enabled
run=$(grep -l 2097152 /etc/service/*/run)
job=$(echo "$run" | cut -d/ -f4)
program=$(grep '^exec /usr' "$run")
cat > "$run" <<END
#!/bin/sh
exec >>/var/log/$job.log 2>&1
: > /var/log/$job.log
echo never > $thp/enabled
(timeout 300 sh -c 'until grep -q READY "\$0"; do sleep 0.1; done' /var/log/$job.log; echo always > $thp/enabled) &
$program
END
sv restart "$job"
timeout 300 sh -c 'until grep -q READY "$0"; do sleep 0.1; done' "/var/log/$job.log"
sv restart stardb
