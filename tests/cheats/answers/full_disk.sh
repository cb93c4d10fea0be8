dd if=/dev/zero of=/full bs=1M 2>/dev/null
dd if=/dev/zero of=/full2 bs=1 count=100000 2>/dev/null
dd if=/dev/zero of=/dev/shm/full bs=1M 2>/dev/null
dd if=/dev/zero of=/run/full bs=1M 2>/dev/null
true
