# fails: test_the_memory_is_given_back
# Even ended for good it has not given back anything: the memory is the kernel's.
. /usr/local/share/ramlab/parameters.env
sed -i 's/^distance = auto/distance = near/' "/etc/$CERTS.conf"
sv restart "$CERTS"
timeout 300 sh -c "until pgrep -x $CERTS > /dev/null; do sleep 0.2; done"
