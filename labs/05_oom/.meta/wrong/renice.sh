# fails: test_ledgerd_is_never_chosen, test_only_reportgen_dies
# Niceness is about CPU time; the OOM killer does not look at it.
renice -n -20 -p "$(pgrep -x ledgerd)"
renice -n 19 -p $(pgrep -x reportgen)
