echo o > /proc/sysrq-trigger
