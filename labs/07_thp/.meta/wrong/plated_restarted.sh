# fails: test_plated_is_helped
# Its pages are huge now, and empty: tonight's plates are lost.
echo always > /sys/kernel/mm/transparent_hugepage/enabled
set -- $(xargs -0 < "/proc/$(pgrep -ox plated)/cmdline" | grep -o '[0-9]* 4096$')
kill "$(pgrep -ox plated)"
setsid /usr/local/sbin/plated "$1" "$2" > /var/log/plated.log 2>&1 < /dev/null &
timeout 300 sh -c 'until grep -q READY /var/log/plated.log; do sleep 0.1; done'
