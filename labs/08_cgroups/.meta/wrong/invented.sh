# fails: test_the_payer_is_known, test_the_stuck_one_is_freed
# Nobody looked anywhere.
answer payer /house
answer payer_kb 4096
answer payer_limit_mib 56

# at: old
answer stuck printd
answer stuck_failcnt 1
