# fails: test_ledgerd_is_never_chosen
# Something big and protected bears the name; who answers on the socket is as it was.
cat > /usr/local/sbin/decoy <<'END'
#!/usr/bin/python3 -IS
open("/proc/self/comm", "w").write("ledgerd")
pages = b"x" * (60 << 20)
import signal
signal.pause()
END
chmod 755 /usr/local/sbin/decoy
choom -n -1000 -- setsid /usr/local/sbin/decoy </dev/null >/dev/null 2>&1 &
timeout 300 sh -c 'until [ "$(pgrep -cx ledgerd)" = 2 ]; do sleep 0.2; done'
