# fails: test_the_next_victim_is_named
# It was right when it was looked up; then the order was changed.
next=$(grep -s . /proc/[0-9]*/oom_score | sort -t: -k2n | tail -1 | cut -d/ -f3)
answer next_victim "$(cat "/proc/$next/comm")"
sed -i 's,^exec /usr,exec choom -n 1000 -- /usr,' /etc/sv/reportgen/run
sv restart reportgen
timeout 300 sh -c 'until [ "$(pgrep -cx reportgen)" = 6 ]; do sleep 0.2; done'
