# fails: test_ledgerd_is_never_chosen
# Started by hand with the right score. When it dies, nobody starts it again.
sv down ledgerd
mib=$(sed -n 's,^exec.* /usr/local/sbin/ledgerd ,,p' /etc/sv/ledgerd/run)
setsid choom -n -1000 -- /usr/local/sbin/ledgerd "$mib" >/dev/null 2>&1 &
