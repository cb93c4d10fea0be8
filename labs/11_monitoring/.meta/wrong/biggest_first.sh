# fails: test_the_leak_is_found, test_the_group_is_priced, test_the_hidden_memory_is_found
# A list by size, and all that it says is believed: the first is the leaker, RSS is what things cost, and where there
# are most files there is most memory.
answer leaker "$(ps -eo comm --sort=-%mem --no-headers | head -n 1)"
answer leak_mb_per_min 3
pictures=$(awk '/the pictures:/ { print $1 }' /root/handover.txt)
answer pictures_kb "$(ps -C "$pictures" -o rss= | awk '{ s += $1 } END { print s }')"
answer worker_kb "$(ps -C "$pictures" -o rss= | tail -n 1)"
answer hidden_in "$(du -s /dev/shm /run /srv | sort -n | tail -n 1 | cut -f2)"
answer hidden_by "$(ps -eo comm --sort=-%mem --no-headers | head -n 1)"
