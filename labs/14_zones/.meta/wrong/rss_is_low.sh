# fails: test_what_remains_low_is_named
# The two with the largest RSS. What is in a socket is in nobody's RSS.
# at: highmem
set -- $(ps -eo comm,rss --sort=-rss --no-headers | grep -E '^(ferry|quay|crane|tide|buoy)d ' | head -n 2)
answer low_one "$1"
answer low_other "$3"
answer low_kb $(($2 + $4))
