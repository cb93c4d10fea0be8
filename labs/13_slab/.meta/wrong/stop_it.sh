# fails: test_the_memory_is_given_back, test_it_does_not_come_back
# No certificates, no dentries.
. /usr/local/share/ramlab/parameters.env
sv down "$CERTS"
timeout 300 sh -c "while pgrep -x $CERTS > /dev/null; do sleep 0.2; done"
echo 2 > /proc/sys/vm/drop_caches
