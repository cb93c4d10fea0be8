setsid sh -c 'sleep 6; echo o > /proc/sysrq-trigger' </dev/null >/dev/null 2>&1 &
