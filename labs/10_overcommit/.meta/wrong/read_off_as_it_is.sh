# fails: test_the_limit_is_computed, test_the_empty_promise_is_found
# CommitLimit as it is now, and Committed_AS, which is everybody's.
now=$(awk '/^CommitLimit/ {print $2}' /proc/meminfo)
answer limit_a "$now"
answer limit_b "$now"
answer largest_c "$now"
answer promiser ticketd
answer promised_kb "$(awk '/^Committed_AS/ {print $2}' /proc/meminfo)"
answer used_kb 1
