# fails: test_only_reportgen_dies
# ulimit makes malloc fail in one process; the OOM killer is never asked.
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd
cat > /etc/sv/reportgen/run <<'END'
#!/bin/sh
ulimit -d 20000
exec /usr/local/sbin/reportgen 400 >>/var/log/reportgen.log 2>&1
END
sv restart reportgen
