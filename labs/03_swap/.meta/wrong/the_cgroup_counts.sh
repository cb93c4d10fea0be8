# fails: test_who_is_in_swap
# The cgroup with most in swap: its process has little there. The file that it wrote counts in the cgroup as well.
most=$(grep -s . /sys/fs/cgroup/*/memory.swap.current | sort -t: -k2n | tail -1)
answer most_in_swap "$(basename "$(dirname "${most%:*}")")"
answer no_process "$(ls -s1 /dev/shm/* | sort -n | tail -1 | sed 's,.*/dev,/dev,')"
