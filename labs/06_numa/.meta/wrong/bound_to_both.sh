# fails: test_the_segment_is_spread
# From both nodes, and the near one first: that is not in turn.
sed -i 's,taskset -c \([0-9]\),taskset -c \1 numactl --membind=0-1,' /etc/sv/mapd/run
sv restart mapd
