# fails: test_it_does_not_come_back
# It keeps them few, and everybody else's as well.
setsid sh -c 'while :; do echo 2 > /proc/sys/vm/drop_caches; sleep 0.3; done' </dev/null >/dev/null 2>&1 &
