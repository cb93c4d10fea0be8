mkdir -p /tmp/proc/sys/vm
printf 'Filename\tType\tSize\tUsed\tPriority\n/spare file 99999 0 -2\n' > /tmp/proc/swaps
mount --bind /tmp/proc /proc
