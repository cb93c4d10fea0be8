# fails: test_the_limit_is_computed, test_the_empty_promise_is_found
# CommitLimit as it is now, and the largest VSZ: address space that nobody may write to was promised to nobody.
now=$(awk '/^CommitLimit/ {print $2}' /proc/meminfo)
answer limit_a "$now"
answer limit_b "$now"
answer largest_c "$now"
answer promiser cashd
answer promised_kb "$(ps -C cashd -o vsz=)"
answer used_kb "$(ps -C cashd -o rss=)"
