# fails: test_the_group_is_priced
# Only what is each one's own: the segment that all share is nobody's then.
pictures=$(awk '/the pictures:/ { print $1 }' /root/handover.txt)
answer pictures_kb "$(ps -C "$pictures" -o uss= | awk '{ s += $1 } END { print s }')"
answer worker_kb "$(ps -C "$pictures" -o uss= | tail -n 1)"
