# fails: test_dispatchd_is_moved
# On the right node, and today's rosters are lost.
. /usr/local/share/ramlab/parameters.env
mib=$(xargs -0 < "/proc/$(pgrep -x dispatchd)/cmdline" | grep -o '[0-9]*$')
kill "$(pgrep -x dispatchd)"
: > /var/log/dispatchd.log
other=$((1 - HOME_NODE))
setsid numactl --cpunodebind=$other --membind=$other /usr/local/sbin/dispatchd "$mib" > /var/log/dispatchd.log 2>&1 < /dev/null &
timeout 300 sh -c 'until grep -q READY /var/log/dispatchd.log; do sleep 0.1; done'
