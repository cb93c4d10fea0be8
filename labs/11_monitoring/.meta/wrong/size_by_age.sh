# fails: test_the_leak_is_found, test_the_group_is_priced
# The right one, but its size divided by its age: what it needs at all counts as leaked. And what a worker is charged
# for by PSS is not what comes back when it ends.
orders=$(awk '/takes the orders/ { print $1 }' /root/handover.txt)
answer leaker "$orders"
set -- $(ps -C "$orders" -o rss=,etimes=)
answer leak_mb_per_min "$(echo "scale=2; $1 * 60 / 1024 / ($2 + 1)" | bc)"
pictures=$(awk '/the pictures:/ { print $1 }' /root/handover.txt)
answer pictures_kb "$(ps -C "$pictures" -o pss= | awk '{ s += $1 } END { print s }')"
answer worker_kb "$(ps -C "$pictures" -o pss= | tail -n 1)"
