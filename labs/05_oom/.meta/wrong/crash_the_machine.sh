# errors: it ends the machine, so there is nothing left to check
echo c > /proc/sysrq-trigger
