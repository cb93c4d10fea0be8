# fails: test_ledgerd_is_never_chosen
# It holds for this ledgerd, and for no other after it.
echo -1000 > "/proc/$(pgrep -x ledgerd)/oom_score_adj"
