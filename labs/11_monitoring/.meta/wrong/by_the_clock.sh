# fails: test_the_leak_is_contained
# A restart now and every ten minutes. The leak goes by customers, and not by the clock.
orders=$(awk '/takes the orders/ { print $1 }' /root/handover.txt)
setsid sh -c "while sv restart $orders; do sleep 600; done" </dev/null >/dev/null 2>&1 &
