# fails: test_ledgerd_is_never_chosen
# Started by hand with the right score. When it dies, nobody starts it again.
sv down ledgerd
. /usr/local/share/ramlab/parameters.env
setsid choom -n -1000 -- /usr/local/sbin/ledgerd "$LEDGER_MIB" >/dev/null 2>&1 &
