# fails: test_the_greedy_is_refused
# For those who call it by this door, and for nobody else.
cat > /usr/bin/workload.new <<'END'
#!/bin/sh
ulimit -v 200000
set -a
. /usr/local/share/ramlab/parameters.env
exec python3 /usr/local/share/ramlab/workload.py "$@"
END
chmod 755 /usr/bin/workload.new
mv /usr/bin/workload.new /usr/bin/workload
workload greedy || true
