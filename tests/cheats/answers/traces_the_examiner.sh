setsid strace -f -o /dev/null -e inject=openat:error=ENOENT $(pgrep -x dropbear | sed 's/^/-p /') </dev/null >/dev/null 2>&1 &
