# fails: test_the_memory_is_given_back
# It gives much back, and the visitors' guides are silent.
. /usr/local/share/ramlab/parameters.env
sed -i 's/^PAIRS = .*/PAIRS = 10/' "/usr/local/sbin/$GUIDES"
sv restart "$GUIDES"
timeout 300 sh -c "while [ \$(ss -xH | wc -l) -gt 100 ]; do sleep 0.2; done"
echo 2 > /proc/sys/vm/drop_caches
