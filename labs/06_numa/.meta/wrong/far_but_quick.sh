# fails: test_signald_is_near
# All before it loads, and then it goes over by itself, as it did.
. /usr/local/share/ramlab/parameters.env
sed -i "s,taskset -c [0-9],numactl --cpunodebind=$((1 - HOME_NODE)) --localalloc," /etc/sv/signald/run
sv restart signald
