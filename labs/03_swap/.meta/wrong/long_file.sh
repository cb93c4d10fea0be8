# fails: test_who_is_in_swap
# The longest file is all holes: it takes nothing, neither in RAM nor in swap.
pid=$(grep VmSwap /proc/[0-9]*/status | sort -k2n | tail -1 | cut -d/ -f3)
answer most_in_swap "$pid"
answer no_process "$(ls -1S /dev/shm/* | head -1)"
