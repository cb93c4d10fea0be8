# fails: test_balancing_is_understood
# Who uses its memory, whatever policy it has.
answer moved "$(workload balance | sed -n '/reads/s/^  \([a-z]*\) .*/\1/p' | xargs)"
