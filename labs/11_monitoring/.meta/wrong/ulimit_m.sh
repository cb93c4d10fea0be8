# fails: test_the_leak_is_contained
# RLIMIT_RSS: Linux takes the number and does nothing with it.
orders=$(awk '/takes the orders/ { print $1 }' /root/handover.txt)
sed -i 's/^exec .usr/ulimit -m 24000\n&/' "/etc/sv/$orders/run"
sv restart "$orders"
