# fails: test_user_pages_come_from_highmem, test_what_remains_low_is_named
# Invented; and the wrong way round.
# at: highmem
answer high_fell 0
answer low_fell 40000
answer low_one ferryd
answer low_other ferryd
answer low_kb 1000
